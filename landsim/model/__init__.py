"""The model: agents, land and rules brought together into a year."""
