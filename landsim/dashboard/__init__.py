"""Dashboard: a page in the browser on which a run is played, steered, looked at and compared."""
