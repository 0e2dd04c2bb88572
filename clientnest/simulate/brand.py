"""The invented brand and its accounts: who posts where, in which language and time zone. No such company exists."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from clientnest.records import AccountRef
from clientnest.simulate.config import EARLIEST, SimulationConfig
from clientnest.simulate.networks import BEHAVIOUR, Behaviour
from clientnest.simulate.randomness import generator

_REFERENCE = date(2026, 1, 1)

# network, handle, name, language, time zone, followers on the reference day, growth of the audience per year
_PERSONAS: tuple[tuple[str, str, str, str, str, int, float], ...] = (
    ("instagram", "fennimore.coffee", "Fennimore Coffee", "en", "Europe/London", 48_200, 0.35),
    ("facebook", "fennimore.deutschland", "Fennimore Deutschland", "de", "Europe/Berlin", 31_500, 0.06),
    ("x", "fennimorecoffee", "Fennimore Coffee", "en", "America/New_York", 22_800, 0.04),
    ("linkedin", "fennimore-roasters", "Fennimore Roasters", "en", "Europe/London", 9_400, 0.45),
    ("tiktok", "fennimore.brasil", "Fennimore Brasil", "pt", "America/Sao_Paulo", 36_700, 0.80),
    ("youtube", "fennimore-brews", "Fennimore Brews", "en", "America/Los_Angeles", 17_900, 0.28),
    ("bluesky", "fennimore.example", "Fennimore España", "es", "Europe/Madrid", 6_300, 0.95),
    ("threads", "fennimore.japan", "フェニモア珈琲", "ja", "Asia/Tokyo", 12_600, 0.60),
    ("mastodon", "fennimore@cafe.example", "Fennimore France", "fr", "Europe/Paris", 3_100, 0.40),
    ("pinterest", "fennimorecoffee", "Fennimore Coffee", "en", "America/Chicago", 8_800, 0.22),
)


@dataclass(frozen=True, slots=True)
class Account:
    """One invented account. `posts_per_day` already carries the scale that the asked-for volume needs."""

    ref: AccountRef
    language: str
    timezone: str
    followers: int
    yearly_growth: float
    posts_per_day: float

    @property
    def key(self) -> str:
        """Its place in the random world."""
        return f"{self.ref.network}/{self.ref.external_id}"

    @property
    def behaviour(self) -> Behaviour:
        return BEHAVIOUR[self.ref.network]

    def expected_followers(self, day: int) -> float:
        """Followers the trend gives at the end of a day (proleptic ordinal)."""
        return self.followers * float(np.exp(self.yearly_growth * (day - _REFERENCE.toordinal()) / 365.25))


def accounts(config: SimulationConfig, *, scale: float = 1.0) -> list[Account]:
    """The accounts of a simulation: the brand's own first, then sister accounts of other sizes."""
    made = []
    for number in range(config.accounts):
        network, handle, name, language, timezone, followers, growth = _PERSONAS[number % len(_PERSONAS)]
        sister = number // len(_PERSONAS)
        if sister:
            size = float(np.exp(generator(config.seed, handle, "size", sister).normal(-0.7, 0.6)))
            handle, name, followers = f"{handle}-{sister + 1}", f"{name} {sister + 1}", max(50, int(followers * size))
        made.append(
            Account(
                ref=AccountRef(network, handle, name, f"https://{network}.example/{handle}"),
                language=language,
                timezone=timezone,
                followers=followers,
                yearly_growth=growth,
                posts_per_day=BEHAVIOUR[network].posts_per_day * scale,
            )
        )
    return made


@dataclass(frozen=True, slots=True)
class FollowerHistory:
    """Daily movements of one account from `EARLIEST` on (index 0), and the followers at the end of each day."""

    follows: np.ndarray
    unfollows: np.ndarray
    purged: np.ndarray
    followers: np.ndarray

    def on(self, day: int) -> tuple[int, int, int]:
        """Followers at the end of a day (proleptic ordinal), and that day's follows and unfollows."""
        index = day - EARLIEST.toordinal()
        return int(self.followers[index]), int(self.follows[index]), int(self.unfollows[index])


def follower_history(seed: int, account: Account, last_day: int) -> FollowerHistory:
    """Followers as a birth and death process around the trend, with rare clean-ups by the network."""
    first = EARLIEST.toordinal()
    days = np.arange(first, last_day + 1)
    expected = account.followers * np.exp(account.yearly_growth * (days - _REFERENCE.toordinal()) / 365.25)
    leaving = 0.0006
    follows = generator(seed, account.key, "follows").poisson(expected * (leaving + account.yearly_growth / 365.25))
    unfollows = generator(seed, account.key, "unfollows").poisson(expected * leaving)
    chance = generator(seed, account.key, "purges").random(
        (len(days), 2)
    )  # by day, so that a later end changes nothing
    purged = np.where(chance[:, 0] < 1 / 240, expected * (0.004 + 0.02 * chance[:, 1]), 0).astype(np.int64)
    # What clean-ups take is won back slowly, or a long history would drift away from the trend.
    regained = np.convolve(purged, np.full(120, 1 / 120))[: len(days)].astype(np.int64)
    start = account.expected_followers(first - 1)
    followers = np.maximum(np.round(start + np.cumsum(follows + regained - unfollows - purged)), 0).astype(np.int64)
    return FollowerHistory(follows + regained, unfollows, purged, followers)
