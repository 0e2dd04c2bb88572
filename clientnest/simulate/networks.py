"""How audiences of each network behave in the model. Invented, plausible, and documented in docs/simulation.md.

Which metrics a network reports is not decided here but by the catalogue (`clientnest.metrics`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from clientnest.records import PostType

T = PostType


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`reach`: exposures per follower of an average post. Rates are per exposure.

    `growth`: weight of the fast phase, its time constant and that of the slow phase, in hours.
    `types`: how often each post type is chosen, and its effect on log exposures.
    `peak`: local hour at which the audience is most awake; `weekend`: effect of Saturday and Sunday on log exposures.
    """

    reach: float
    likes: float
    comments: float
    shares: float
    saves: float
    clicks: float
    growth: tuple[float, float, float]
    types: Mapping[PostType, tuple[float, float]]
    peak: float
    weekend: float
    view_rate: float = 1.0
    posts_per_day: float = 1.0


BEHAVIOUR: Mapping[str, Behaviour] = {
    "instagram": Behaviour(
        reach=0.28, likes=0.042, comments=0.0016, shares=0.0022, saves=0.0040, clicks=0.0030, growth=(0.60, 8, 90),
        types={T.IMAGE: (0.42, 0.0), T.CAROUSEL: (0.28, 0.22), T.SHORT_VIDEO: (0.30, 0.48)}, peak=19.5, weekend=0.10,
        posts_per_day=1.15,
    ),
    "facebook": Behaviour(
        reach=0.10, likes=0.014, comments=0.0014, shares=0.0012, saves=0.0, clicks=0.0160, growth=(0.65, 6, 72),
        types={T.LINK: (0.40, -0.25), T.IMAGE: (0.35, 0.10), T.VIDEO: (0.15, 0.35), T.TEXT: (0.10, -0.05)}, peak=20.0,
        weekend=0.06,
    ),
    "x": Behaviour(
        reach=0.16, likes=0.011, comments=0.0009, shares=0.0016, saves=0.0008, clicks=0.0060, growth=(0.75, 2.5, 40),
        types={T.TEXT: (0.45, 0.0), T.LINK: (0.30, -0.35), T.IMAGE: (0.20, 0.25), T.VIDEO: (0.05, 0.40)}, peak=12.5,
        weekend=-0.22, posts_per_day=2.1,
    ),
    "linkedin": Behaviour(
        reach=0.22, likes=0.017, comments=0.0016, shares=0.0010, saves=0.0, clicks=0.0200, growth=(0.50, 14, 110),
        types={T.TEXT: (0.30, 0.10), T.IMAGE: (0.30, 0.15), T.CAROUSEL: (0.20, 0.45), T.LINK: (0.20, -0.30)}, peak=9.5,
        weekend=-0.75, posts_per_day=0.6,
    ),
    "tiktok": Behaviour(
        reach=0.55, likes=0.055, comments=0.0015, shares=0.0040, saves=0.0, clicks=0.0, growth=(0.40, 12, 160),
        types={T.SHORT_VIDEO: (0.92, 0.0), T.CAROUSEL: (0.08, -0.40)}, peak=21.0, weekend=0.12, posts_per_day=0.8,
    ),
    "youtube": Behaviour(
        reach=1.9, likes=0.0018, comments=0.00015, shares=0.0002, saves=0.0, clicks=0.0, growth=(0.30, 16, 500),
        types={T.VIDEO: (0.60, 0.0), T.SHORT_VIDEO: (0.40, 0.35)}, peak=18.5, weekend=0.22, view_rate=0.052,
        posts_per_day=0.35,
    ),
    "bluesky": Behaviour(
        reach=0.45, likes=0.022, comments=0.0022, shares=0.0038, saves=0.0009, clicks=0.0, growth=(0.75, 3, 40),
        types={T.TEXT: (0.50, 0.0), T.LINK: (0.22, -0.05), T.IMAGE: (0.28, 0.22)}, peak=10.5, weekend=-0.10,
        posts_per_day=1.5,
    ),
    "threads": Behaviour(
        reach=0.30, likes=0.020, comments=0.0030, shares=0.0014, saves=0.0, clicks=0.0020, growth=(0.70, 5, 60),
        types={T.TEXT: (0.60, 0.0), T.IMAGE: (0.40, 0.15)}, peak=20.5, weekend=0.02, posts_per_day=1.2,
    ),
    "mastodon": Behaviour(
        reach=0.40, likes=0.020, comments=0.0030, shares=0.0060, saves=0.0, clicks=0.0, growth=(0.70, 4, 60),
        types={T.TEXT: (0.60, 0.0), T.IMAGE: (0.25, 0.20), T.LINK: (0.15, 0.0)}, peak=18.0, weekend=0.08,
    ),
    "pinterest": Behaviour(
        reach=0.80, likes=0.0015, comments=0.0001, shares=0.0, saves=0.0090, clicks=0.0140, growth=(0.12, 30, 900),
        types={T.IMAGE: (0.85, 0.0), T.VIDEO: (0.15, 0.20)}, peak=20.0, weekend=0.25, posts_per_day=0.9,
    ),
}  # fmt: skip

# Effects of what a post is about: on log exposures, then factors on the rates of comments, saves and clicks.
TOPICS: Mapping[str, tuple[float, float, float, float]] = {
    "launch": (0.10, 1.0, 1.0, 1.4),
    "behind": (0.22, 1.0, 0.9, 0.7),
    "howto": (0.34, 0.9, 2.6, 1.1),
    "story": (0.42, 1.3, 0.8, 0.6),
    "question": (0.05, 3.2, 0.5, 0.4),
    "offer": (-0.38, 0.7, 0.8, 2.0),
    "event": (-0.24, 1.1, 1.2, 1.3),
    "hiring": (-0.30, 0.8, 0.7, 1.8),
}
