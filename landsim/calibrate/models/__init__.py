"""Potential models: one interface, and each of its kinds in a module of its own."""
