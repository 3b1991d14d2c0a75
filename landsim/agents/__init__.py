"""Agents: populations of households, firms and farm operators kept as columns, and governments as single agents."""
