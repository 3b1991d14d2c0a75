"""Sweep: what many runs say together, as one file to hand out and as Markdown."""
