"""The place: grid, classes, layers, densities, travel time and a synthetic city; no files, no agents."""
