"""Pure functions that measure a run: agreement with an observed map, land, people, ecology and urban form."""
