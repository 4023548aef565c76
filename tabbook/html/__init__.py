"""Build the pages, and print them."""
