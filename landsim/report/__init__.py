"""Reports: pictures of results for people, drawn without a screen and without global state."""
