"""Ground floor: errors, parameters, quantities, named draws and registries; it imports nothing of ours."""
