"""Card: how a run stands beside an observed map, as a picture."""
