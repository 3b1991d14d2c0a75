"""A believable made-up city: terrain, water, settlements, roads, land cover, three dates of history, control lines."""

from landsim.landscape.synthetic.city import SyntheticCity, synthetic_city
from landsim.landscape.synthetic.growth import GrowthParams
from landsim.landscape.synthetic.kinds import KINDS

__all__ = ["KINDS", "GrowthParams", "SyntheticCity", "synthetic_city"]
