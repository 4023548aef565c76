"""How far apart the frameworks are: what `make parity` runs and the tests import."""
