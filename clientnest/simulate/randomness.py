"""Reproducible chance: every draw belongs to a named place in the world, so no draw depends on what else was made."""

from hashlib import blake2b

import numpy as np


def generator(seed: int, *place: str | int) -> np.random.Generator:
    """The random numbers of one place, for example `generator(7, "instagram/fennimore", "posts", 24_310)`."""
    digest = blake2b("\x1f".join(map(str, place)).encode(), digest_size=16).digest()
    words = np.frombuffer(digest, dtype="<u4").tolist()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))
