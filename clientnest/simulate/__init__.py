"""Generated data with a documented model (docs/simulation.md): for the demo workspace, tests and load.

`capture(config)` streams what polling the invented accounts would have captured; `service.run` writes it.
"""

from clientnest.simulate.capture import capture
from clientnest.simulate.config import SimulationConfig

__all__ = ["SimulationConfig", "capture"]
