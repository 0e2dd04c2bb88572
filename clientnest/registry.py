"""The networks ClientNest knows: one line each, loaded by dotted name when first asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from clientnest.errors import BadInput
from clientnest.metrics import Reported
from clientnest.rules.network import Rules

_PACKAGES = (
    "clientnest.networks.bluesky",
    "clientnest.networks.facebook",
    "clientnest.networks.instagram",
    "clientnest.networks.linkedin",
    "clientnest.networks.mastodon",
    "clientnest.networks.pinterest",
    "clientnest.networks.threads",
    "clientnest.networks.tiktok",
    "clientnest.networks.x",
    "clientnest.networks.youtube",
)


@dataclass(frozen=True, slots=True)
class Network:
    """A network's description: its key in the data, its name for people, and the metrics it reports."""

    name: str
    label: str
    metrics: Mapping[str, Reported]


@cache
def networks() -> tuple[Network, ...]:
    return tuple(import_module(package).NETWORK for package in _PACKAGES)


def network(name: str) -> Network:
    """The network of that key; `BadInput` names the known ones otherwise."""
    for known in networks():
        if known.name == name:
            return known
    raise BadInput(f"Unknown network {name!r}.", advice="Known: " + ", ".join(n.name for n in networks()) + ".")


def rules(name: str) -> Rules:
    """How the network of that key counts, and what it allows; `BadInput` names the known ones otherwise."""
    found: Rules = import_module(f"clientnest.networks.{network(name).name}.rules").RULES
    return found
