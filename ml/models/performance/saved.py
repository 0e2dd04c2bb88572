"""A performance model on disk: one JSON file and one file of arrays. Data only: reading it runs no code of its own.

Pickle would hand whoever can write to the artefact store a way into every process that serves predictions; skops would
have to be told to trust scikit-learn's private tree types. Neither is needed for arrays and a few numbers.
"""

import json
import zipfile
from pathlib import Path

import numpy as np

from clientnest.errors import PermanentError
from ml.models.performance.forest import Forest
from ml.models.performance.interval import Interval
from ml.models.performance.model import DESIGN_COLUMNS, FORMAT, PerformanceModel
from ml.models.performance.vocabulary import Vocabulary
from ml.models.performance.wording import Wording

_DESCRIPTION, _ARRAYS = "model.json", "arrays.npz"
_FOREST = ("roots", "feature", "left", "right", "missing_left", "threshold", "value")


def save(model: PerformanceModel, folder: Path) -> None:
    """Write the model into `folder` (made where missing)."""
    folder.mkdir(parents=True, exist_ok=True)
    wording, forest, interval = model.wording, model.forest, model.interval
    arrays = {f"forest_{name}": getattr(forest, name) for name in _FOREST}
    np.savez_compressed(
        folder / _ARRAYS,
        terms=_as_bytes(wording.vocabulary.terms),
        accounts=_as_bytes(wording.accounts),
        idf=wording.vocabulary.idf,
        shared=wording.shared,
        own_keys=wording.own_keys,
        own=wording.own,
        interval_low=interval.low,
        interval_high=interval.high,
        **arrays,
    )
    description = {
        "format": FORMAT,
        "design": list(DESIGN_COLUMNS),
        "target": model.target,
        "level": model.level,
        "network_means": dict(model.network_means),
        "overall_mean": model.overall_mean,
        "wording_intercept": wording.intercept,
        "typical_spread": interval.typical_spread,
        "forest_offset": forest.offset,
        "forest_depth": forest.depth,
    }
    (folder / _DESCRIPTION).write_text(json.dumps(description, indent=1))


def load(folder: Path) -> PerformanceModel:
    """Read a saved model. `PermanentError` names the folder where a file is missing, damaged or of another format."""
    try:
        described = json.loads((folder / _DESCRIPTION).read_text())
        with (folder / _ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            held = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise _unreadable(folder, str(error)) from error
    if (
        not isinstance(described, dict)
        or described.get("format") != FORMAT
        or described.get("design") != [*DESIGN_COLUMNS]
    ):
        raise _unreadable(folder, "it was made for another version of ClientNest")
    try:
        vocabulary = Vocabulary(_as_strings(held["terms"]), held["idf"])
        wording = Wording(
            vocabulary, _as_strings(held["accounts"]), held["shared"], held["own_keys"], held["own"],
            described["wording_intercept"],
        )  # fmt: skip
        forest = Forest(
            **{name: held[f"forest_{name}"] for name in _FOREST},
            offset=described["forest_offset"],
            depth=described["forest_depth"],
        )
        return PerformanceModel(
            described["target"], described["level"], described["network_means"], described["overall_mean"], wording,
            forest, Interval(described["typical_spread"], held["interval_low"], held["interval_high"]),
        )  # fmt: skip
    except KeyError as error:
        raise _unreadable(folder, f"{error.args[0]} is missing") from error


def _unreadable(folder: Path, reason: str) -> PermanentError:
    return PermanentError(
        f"The model in {folder} cannot be read: {reason}.",
        advice="Train the workspace again; the next champion replaces it.",
    )


def _as_bytes(names: tuple[str, ...]) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    return np.frombuffer("\n".join(names).encode(), dtype=np.uint8)


def _as_strings(held: "np.ndarray[tuple[int], np.dtype[np.uint8]]") -> tuple[str, ...]:
    joined = held.tobytes().decode()
    return tuple(joined.split("\n")) if joined else ()
