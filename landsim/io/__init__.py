"""The door to files: rasters, vectors, tables, the data catalogue, the run folder, exports and the doctor."""
