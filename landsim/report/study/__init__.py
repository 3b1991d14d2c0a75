"""Study: what a calibration found, in words and pictures."""
