"""Scenarios: the schema, how base, overrides and command line are composed, and how a run is built from them."""
