"""Sweeps: many runs planned, carried out here or on a cluster, gathered, and weighed for uncertainty."""
