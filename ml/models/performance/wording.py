"""What the words of a post are worth: a ridge over words and word pairs, and over each account's own words.

The same word may lift one account and sink another, so every word has a part shared by all accounts and, where an
account used it at least twice, a part of that account's own. Penalties pull both toward zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from ml.models.performance.vocabulary import Floats, Vocabulary, unit_rows

Documents = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Wording:
    """A fitted model of wording. `own_keys` (sorted) are account position × number of terms + term position."""

    vocabulary: Vocabulary
    accounts: tuple[str, ...]
    shared: Floats
    own_keys: NDArray[np.int64]
    own: Floats
    intercept: float

    def score(self, documents: Documents, accounts: Sequence[str]) -> Floats:
        """Expected departure (log1p) that the wording brings, per tokenised document of that account."""
        common = self.vocabulary.vectors(documents)
        own, _ = own_words(common, self.vocabulary, positions(accounts, self.accounts), keys=self.own_keys)
        scored: Floats = np.asarray(common @ self.shared + own @ self.own + self.intercept, dtype=np.float64)
        return scored


@dataclass(frozen=True)
class WordingConfig:
    alpha: float = 4.0
    min_documents: int = 3
    own_min_documents: int = 2
    max_terms: int = 100_000
    folds: int = 5


def fit_wording(
    documents: Documents, accounts: Sequence[str], departures: Floats, *, config: WordingConfig
) -> tuple[Wording, Floats]:
    """Fit on tokenised documents in order of time; gives the model and its out-of-fold scores [documents].

    Folds are stretches of time: neighbours in time tell the same story in the same words, and with random folds the
    score would look better in training than it ever is on later posts.
    """
    vocabulary = Vocabulary.learn(documents, min_documents=config.min_documents, max_terms=config.max_terms)
    known = tuple(sorted(set(accounts)))
    common = vocabulary.vectors(documents)
    own, keys = own_words(common, vocabulary, positions(accounts, known), min_documents=config.own_min_documents)
    design = hstack([common, own]).tocsr()
    out_of_fold = np.zeros(len(departures))
    fold = np.arange(len(departures)) * config.folds // max(len(departures), 1)
    for k in range(config.folds):
        coefficients, intercept = _ridge(design[fold != k], departures[fold != k], config.alpha)
        out_of_fold[fold == k] = design[fold == k] @ coefficients + intercept
    coefficients, intercept = _ridge(design, departures, config.alpha)
    width = len(vocabulary.terms)
    return Wording(vocabulary, known, coefficients[:width], keys, coefficients[width:], intercept), out_of_fold


def positions(accounts: Sequence[str], known: Sequence[str]) -> NDArray[np.int64]:
    """The position of each account among the known ones; -1 for an account that training never saw."""
    place = {account: i for i, account in enumerate(known)}
    return np.array([place.get(account, -1) for account in accounts], dtype=np.int64)


def own_words(
    common: csr_matrix,
    vocabulary: Vocabulary,
    account: NDArray[np.int64],
    *,
    keys: NDArray[np.int64] | None = None,
    min_documents: int = 1,
) -> tuple[csr_matrix, NDArray[np.int64]]:
    """Single words crossed with the account: a matrix [documents × keys] and its keys (learned where not given)."""
    row = np.repeat(np.arange(common.shape[0]), np.diff(common.indptr))
    use = vocabulary.is_word[common.indices] & (account[row] >= 0)
    row, value = row[use], common.data[use]
    key = account[row] * len(vocabulary.terms) + common.indices[use].astype(np.int64)
    if keys is None:
        found, counts = np.unique(key, return_counts=True)
        keys = found[counts >= min_documents]
    words = unit_rows(csr_matrix((value, (row, np.arange(len(row)))), shape=(common.shape[0], len(row))))
    place = np.searchsorted(keys, key)
    known = place < len(keys)
    known[known] = keys[place[known]] == key[known]
    weights = np.asarray(words.data)[known]
    return csr_matrix((weights, (row[known], place[known])), shape=(common.shape[0], len(keys))), keys


def _ridge(design: csr_matrix, departures: Floats, alpha: float) -> tuple[Floats, float]:
    from sklearn.linear_model import Ridge

    if design.shape[1] == 0:
        return np.zeros(0), float(departures.mean())
    fitted = Ridge(alpha=alpha, solver="sparse_cg", tol=1e-3).fit(design, departures)
    return np.asarray(fitted.coef_, dtype=np.float64), float(fitted.intercept_)
