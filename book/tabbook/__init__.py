"""Reads, checks, splits, runs, renders and packs tabbed notebooks."""
