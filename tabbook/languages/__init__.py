"""The book in other languages: its messages, their catalogs, what these must keep."""
