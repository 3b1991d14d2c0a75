"""Page: one run, or several that are compared, as one file to hand out."""
