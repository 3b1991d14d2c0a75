"""Calibration: rules fitted to historical land cover, chosen by forecasting and tested once."""
