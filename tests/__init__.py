"""The tests; what they share is in `tests.helpers` and `tests.inside`."""
