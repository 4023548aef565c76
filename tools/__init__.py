"""What authors run by hand: `python -m tools.NAME`."""
