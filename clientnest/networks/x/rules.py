"""X: how it counts, and what it allows."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from clientnest.networks.x.emoji import sequences
from clientnest.rules import FileLimits, Limit, Limits, Rules, Unit, addresses, checking
from clientnest.rules.model import Draft, Violation
from clientnest.rules.text import Counter

_COUNTING = "https://docs.x.com/fundamentals/counting-characters"
_CONFIG = "https://github.com/twitter/twitter-text/blob/master/config/v3.json"
_MEDIA = "https://docs.x.com/x-api/media/quickstart/best-practices"
_OBJECTS = "https://docs.x.com/x-api/fundamentals/data-dictionary"
_ADDRESS = Limit(23, Unit.WEIGHTED, _CONFIG)
_PREMIUM = Limit(25_000, Unit.WEIGHTED, "https://typecount.com/blog/social-media-character-limits", secondary=True)
_SUBSCRIBED = frozenset({"Basic", "Premium", "PremiumPlus"})
_HEAVY = re.compile("[^\x00-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")  # weigh 200, and all others 100

LIMITS = Limits(
    label="X",
    source=_MEDIA,
    text=Limit(280, Unit.WEIGHTED, _COUNTING),
    address=_ADDRESS,
    first_comment=Limit(280, Unit.WEIGHTED, _COUNTING),
    alt_text=Limit(1000, Unit.CHARACTERS, _OBJECTS),
    files=Limit(4, Unit.ITEMS, _MEDIA),
    videos=Limit(1, Unit.ITEMS, _MEDIA),
    image=FileLimits(
        types=frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"}),
        source=_MEDIA,
        most={"bytes": 5_000_000},
    ),
    gif=FileLimits(
        types=frozenset({"image/gif"}),
        source=_MEDIA,
        most={"bytes": 15_000_000, "width": 1280, "height": 1080},
        warned=frozenset({"width", "height"}),
    ),
    # The greatest dimensions on that page, 1280x1024, contradict the sizes it recommends, and are not asked for.
    video=FileLimits(
        types=frozenset({"video/mp4", "video/quicktime"}),
        source=_MEDIA,
        least={"width": 32, "height": 32, "ratio": 1 / 3, "seconds": 0.5},
        most={"bytes": 512_000_000, "ratio": 3, "seconds": 140, "frame_rate": 60},
    ),
    threads=True,
    gif_alone=True,
    forbidden="\ufffe\ufeff\uffff",
)


def text_length(text: str) -> int:
    """Weighted characters (twitter-text, configuration 3): in NFC, any address 23, any emoji 2, and of the rest those
    of Latin and neighbouring scripts 1 and all others 2."""
    return _weighed(text, _ADDRESS.value)


def _weighed(text: str, address: int) -> int:
    if text.isascii() and "." not in text:
        return len(text)
    text = unicodedata.normalize("NFC", text)
    length, done = 0, 0
    for start, end in addresses.find(text):
        length += _plain(text[done:start]) + address
        done = end
    return length + _plain(text[done:])


def _plain(text: str) -> int:
    if text.isascii():
        return len(text)
    return _weight(text) - sum(_weight(emoji) - 2 for emoji in sequences(text))


def _weight(text: str) -> int:
    return len(text) + len(_HEAVY.findall(text))


def _judge(draft: Draft, limits: Limits) -> Iterator[Violation]:
    address = (limits.address or _ADDRESS).value
    return checking.check(draft, limits, Counter(lambda text: _weighed(text, address), addresses.WEB))


def _told(answer: Mapping[str, Any]) -> Limits:
    """From `/2/users/me?user.fields=subscription_type`: who pays for X may write more."""
    user = answer.get("data", answer)
    subscribed = isinstance(user, Mapping) and user.get("subscription_type") in _SUBSCRIBED
    return replace(LIMITS, text=_PREMIUM, first_comment=_PREMIUM) if subscribed else LIMITS


RULES = Rules(text_length, LIMITS, _judge, _told)
