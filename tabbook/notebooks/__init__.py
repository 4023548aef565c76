"""Write plain notebooks, install what they need, and run them from outside."""
