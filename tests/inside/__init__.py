"""What tests ask of a framework in its own process, by `parity.workers`."""
