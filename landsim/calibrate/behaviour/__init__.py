"""Behavioural parameters: screened, searched and questioned by simulation, one step in a module of its own."""
