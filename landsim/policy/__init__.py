"""Rules as data: control lines, permissions, quotas, pace, farmland balance and enforcement; no files, no agents."""
