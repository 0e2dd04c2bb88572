"""The kernel of ClientNest: what every process shares. Imports none of the other rooms."""

from clientnest import zones as zones  # whoever imports any of this reads the same time zones

__version__ = "0.1.0"
