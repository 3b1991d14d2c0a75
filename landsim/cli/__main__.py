"""Start the command line with ``python -m landsim.cli``."""

from landsim.cli import main

main()
