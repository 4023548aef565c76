"""Run the code of sections and keep the outputs."""
