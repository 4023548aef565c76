"""The pages in Chromium, which is closed after the last test of this package."""
