"""TF-IDF over the tokens of `ml.features.text`: plain arrays, so that a saved vocabulary is data and never code."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ml.features.text import tokens

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Vocabulary:
    """Known tokens, sorted, with their inverse document frequencies."""

    terms: tuple[str, ...]
    idf: Floats

    @classmethod
    def learn(cls, documents: Iterable[Sequence[str]], *, min_documents: int, max_terms: int) -> "Vocabulary":
        """From tokenised documents: tokens found in at least `min_documents`, the most frequent first to stay."""
        found: Counter[str] = Counter()
        count = 0
        for document in documents:
            found.update(set(document))
            count += 1
        kept = [(term, n) for term, n in found.items() if n >= min_documents]
        kept.sort(key=lambda entry: (-entry[1], entry[0]))
        kept = sorted(kept[:max_terms])
        frequency = np.array([n for _, n in kept], dtype=np.float64)
        return cls(tuple(term for term, _ in kept), np.log((1 + count) / (1 + frequency)) + 1)

    @cached_property
    def index(self) -> dict[str, int]:
        return {term: i for i, term in enumerate(self.terms)}

    @cached_property
    def is_word(self) -> NDArray[np.bool_]:
        """Which terms are single words (not pairs)."""
        return np.array([" " not in term for term in self.terms], dtype=bool)

    def vectors(self, documents: Iterable[Sequence[str]]) -> Any:
        """A sparse matrix [documents × terms] of (1 + log tf) · idf, each row of length one (or zero)."""
        indices: list[int] = []
        values: list[int] = []
        ends = [0]
        for document in documents:
            counts = Counter(self.index[token] for token in document if token in self.index)
            for term in sorted(counts):
                indices.append(term)
                values.append(counts[term])
            ends.append(len(indices))
        columns = np.array(indices, dtype=np.int64)
        weights = (1 + np.log(np.array(values, dtype=np.float64))) * self.idf[columns]
        return unit_rows(csr_matrix((weights, columns, np.array(ends)), shape=(len(ends) - 1, len(self.terms))))


def tokenise(documents: Iterable[str]) -> list[list[str]]:
    return [tokens(document) for document in documents]


def unit_rows(matrix: Any) -> Any:
    """The matrix with each row divided by its Euclidean length; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1
    scaled = matrix.copy()
    scaled.data = scaled.data / np.repeat(lengths, np.diff(scaled.indptr))
    return scaled
