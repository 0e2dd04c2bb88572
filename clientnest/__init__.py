"""The kernel of ClientNest: what every process shares. Imports none of the other rooms."""

__version__ = "0.1.0"
