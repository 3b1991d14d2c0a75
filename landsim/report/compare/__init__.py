"""Comparison: two runs, or pairs of runs, as tables, maps and a picture."""
