"""The market for places: sites, fields, the choice among them and their prices, as functions of arrays."""
