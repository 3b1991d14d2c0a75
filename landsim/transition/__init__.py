"""The land-change engine: demand, potential, neighbourhood, the race of clocks, patches and the one door."""
