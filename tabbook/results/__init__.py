"""Reference runs: trained once, in full, and kept as tables that the pages read."""
