"""Page: what a browser shows, as Solara components; all that they know of runs they ask of a desk."""
