"""The rules of one network, as `clientnest.registry.rules` gives them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from clientnest.rules.limits import Limits
from clientnest.rules.model import Draft, Violation


@dataclass(frozen=True, slots=True)
class Rules:
    """How a network counts a text, what it allows, and what of a draft it would refuse or change.

    Nothing here cuts a text, and none of it raises for any draft: what is wrong is told.
    """

    text_length: Callable[[str], int]
    default: Limits
    judge: Callable[[Draft, Limits], Iterable[Violation]]
    told: Callable[[Mapping[str, Any]], Limits] | None = None

    def limits(self) -> Limits:
        """What the network allows an account of which nothing else is known."""
        return self.default

    def limits_from(self, answer: Mapping[str, Any]) -> Limits:
        """What the network's own answer about a server or an account allows; the default where it tells nothing."""
        return self.told(answer) if self.told else self.default

    def check(self, draft: Draft, limits: Limits | None = None) -> tuple[Violation, ...]:
        """Everything that the network would refuse, change or show oddly, in the order of the draft's fields."""
        return tuple(self.judge(draft, limits or self.default))
