"""Post texts from templates in several languages, with emoji and hashtags, and the effects they have in the model."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from clientnest.records import PostType
from clientnest.simulate.randomness import generator

_LONG_FORM = ("linkedin", "facebook", "instagram", "youtube")
_HIRING_NETWORKS = ("linkedin", "facebook")


@dataclass(frozen=True, slots=True)
class Wording:
    """A post's words. `effect`: what they add to log exposures (hashtags, question, emoji, length)."""

    topic: str
    title: str | None
    text: str
    hashtags: tuple[str, ...]
    effect: float


@cache
def _phrases(language: str) -> Mapping[str, Any]:
    source = resources.files("clientnest.simulate") / "phrases" / f"{language}.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


@cache
def hashtag_effect(seed: int, hashtag: str) -> float:
    """What a hashtag adds to log exposures: small, fixed for the seed, either way."""
    return float(generator(seed, "hashtag", hashtag).normal(0, 0.12))


def write(rng: np.random.Generator, seed: int, network: str, language: str, topic: str, post_type: PostType) -> Wording:
    """Words for one post."""
    phrases = _phrases(language)
    about = phrases["topics"][topic]
    slots = {name: _pick(rng, options) for name, options in phrases["slots"].items()}
    order = rng.permutation(len(about["lines"]))
    line = about["lines"][order[0]].format(**slots)
    parts = [line]
    if network in _LONG_FORM and len(order) > 1 and rng.random() < 0.55:
        parts.append(about["lines"][order[1]].format(**slots))
    if rng.random() < 0.45:
        parts.append(_pick(rng, phrases["closings"]))
    emoji = [_pick(rng, about["emoji"]) for _ in range(rng.binomial(3, 0.33))]
    text = ("\n\n" if network in _LONG_FORM else " ").join(parts)
    if emoji:
        text = f"{text} {''.join(emoji)}"
    hashtags = _hashtags(rng, network, phrases["hashtags"], about["hashtags"])
    if hashtags:
        text = f"{text}{chr(10) * 2 if network in _LONG_FORM else ' '}{' '.join('#' + tag for tag in hashtags)}"
    effect = sum(hashtag_effect(seed, tag) for tag in hashtags)
    effect += 0.14 * ("?" in line) + 0.05 * len(emoji) - 0.10 * (len(text) > 260)
    title = line if network in {"youtube", "pinterest"} else None
    if post_type is PostType.LINK:
        text = f"{text} https://fennimore.example/{topic}"
    return Wording(topic, title, text, hashtags, effect)


def topic(rng: np.random.Generator, network: str) -> str:
    """What the next post is about."""
    names = ("launch", "behind", "howto", "story", "question", "offer", "event", "hiring")
    hiring = 0.10 if network in _HIRING_NETWORKS else 0.0
    weights = np.array([0.18, 0.16, 0.15, 0.14, 0.12, 0.14, 0.11, hiring])
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]


def _hashtags(
    rng: np.random.Generator, network: str, common: Sequence[str], particular: Sequence[str]
) -> tuple[str, ...]:
    most = {"instagram": 5, "tiktok": 4, "linkedin": 3, "mastodon": 4}.get(network, 2)
    wanted = int(rng.binomial(most, 0.55))
    pool = [*particular, *(tag for tag in common if tag not in particular)]
    order = rng.permutation(len(pool))
    return tuple(pool[index] for index in order[:wanted])


def _pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    return options[int(rng.integers(len(options)))]
