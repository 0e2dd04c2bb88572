"""Boosted trees as plain arrays: saved without code, fast for one draft, and able to say what each feature added.

scikit-learn grows the trees (`HistGradientBoostingRegressor`); this keeps what they learned. `from_boosting` checks
itself against scikit-learn's own prediction, so a change of its internals stops training and never serves nonsense.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clientnest.errors import PermanentError

Floats = NDArray[np.float64]
Indices = NDArray[np.int32]
_ROWS_AT_ONCE = 1_024


@dataclass(frozen=True)
class Forest:
    """Nodes of all trees in one list. A leaf leads to itself; `value` of an inner node is the mean of its leaves.

    roots [trees]; feature, left, right, missing_left, threshold, value [nodes]; depth: steps from a root to any leaf.
    """

    roots: Indices
    feature: Indices
    left: Indices
    right: Indices
    missing_left: NDArray[np.bool_]
    threshold: Floats
    value: Floats
    offset: float
    depth: int

    def predict(self, design: Floats) -> Floats:
        """[rows × features], NaN where unknown → [rows]."""
        blocks = [self._leaves(design[i : i + _ROWS_AT_ONCE]) for i in range(0, len(design), _ROWS_AT_ONCE)]
        return np.concatenate(blocks) + self.offset if blocks else np.zeros(0)

    def explain(self, design: Floats) -> tuple[Floats, Floats]:
        """Predictions [rows] and how much each feature moved them along the paths taken [rows × features].

        A prediction is the forest's mean over its training rows (`mean`) and the sum of its row's moves.
        """
        blocks = [self._moves(design[i : i + _ROWS_AT_ONCE]) for i in range(0, len(design), _ROWS_AT_ONCE)]
        moves = np.concatenate(blocks) if blocks else np.zeros((0, design.shape[1]))
        return self.mean + moves.sum(axis=1), moves

    @property
    def mean(self) -> float:
        return self.offset + float(self.value[self.roots].sum())

    def _moves(self, design: Floats) -> Floats:
        """All trees at once: few, wide steps, which is what makes one draft fast."""
        rows, width = design.shape
        total = np.zeros(rows * width)
        row = np.arange(rows)[:, None]
        node = np.broadcast_to(self.roots, (rows, len(self.roots)))
        for _ in range(self.depth):
            following = self._step(design, row, node)
            moved = self.value[following] - self.value[node]
            cell = row * width + self.feature[node]
            total += np.bincount(cell.ravel(), weights=moved.ravel(), minlength=rows * width)
            node = following
        return total.reshape(rows, width)

    def _leaves(self, design: Floats) -> Floats:
        """Tree by tree: the working set of one tree stays in the processor's cache."""
        rows = np.arange(len(design))
        total = np.zeros(len(design))
        for root in self.roots:
            node = np.full(len(design), root, dtype=np.int32)
            open_rows = rows
            while len(open_rows):
                before = node[open_rows]
                after = self._step(design, open_rows, before)
                node[open_rows] = after
                open_rows = open_rows[(self.left[after] != after)]
            total += self.value[node]
        return total

    def _step(self, design: Floats, row: NDArray[np.int64], node: Indices) -> Indices:
        seen = design[row, self.feature[node]]
        goes_left = np.where(np.isnan(seen), self.missing_left[node], seen <= self.threshold[node])
        return np.where(goes_left, self.left[node], self.right[node])


def from_boosting(fitted: Sequence[Any], design: Floats) -> Forest:
    """The mean of fitted `HistGradientBoostingRegressor`s as one forest, checked on `design` (its training rows)."""
    parts = [iteration[0].nodes for model in fitted for iteration in model._predictors]
    starts = np.cumsum([0] + [len(nodes) for nodes in parts])[:-1].astype(np.int32)
    nodes = np.concatenate(parts)
    base = np.repeat(starts, [len(part) for part in parts])
    own = np.arange(len(nodes), dtype=np.int32)
    leaf = nodes["is_leaf"].astype(bool)
    left = np.where(leaf, own, nodes["left"].astype(np.int32) + base).astype(np.int32)
    right = np.where(leaf, own, nodes["right"].astype(np.int32) + base).astype(np.int32)
    value = nodes["value"].astype(np.float64) / len(fitted)
    count = nodes["count"].astype(np.float64)
    for i in range(len(nodes) - 1, -1, -1):  # children come after their parents
        if not leaf[i]:
            a, b = left[i], right[i]
            value[i] = (value[a] * count[a] + value[b] * count[b]) / max(count[a] + count[b], 1.0)
    forest = Forest(
        roots=starts,
        feature=np.where(leaf, 0, nodes["feature_idx"]).astype(np.int32),
        left=left,
        right=right,
        missing_left=nodes["missing_go_to_left"].astype(bool),
        threshold=nodes["num_threshold"].astype(np.float64),
        value=value,
        offset=float(np.mean([np.ravel(model._baseline_prediction)[0] for model in fitted])),
        depth=int(nodes["depth"].max(initial=0)),
    )
    sample = design[:500]
    expected = np.mean([model.predict(sample) for model in fitted], axis=0)
    if not np.allclose(forest.predict(sample), expected, atol=1e-8):
        raise PermanentError(
            "This version of scikit-learn keeps its trees in another shape than the one that is read here.",
            advice="Install the locked versions (`make install`) and train again.",
        )
    return forest
