"""What a teacher does with a table of grades: hand back, compare, count, publish."""
