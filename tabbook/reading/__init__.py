"""What Sphinx needs to read the book: tabs, tables, ways into a framework."""
