"""What goes into and comes out of the predictor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Source = Literal["model", "account_average", "no_data"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A post that is planned. `planned_at` is aware; `post_type` one of `clientnest.records.PostType`;
    `has_link` None: found out from the text."""

    account_id: UUID
    planned_at: datetime
    text: str = ""
    post_type: str = "text"
    title: str = ""
    has_link: bool | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """What moved a prediction: `topic` (a key of `ml.models.performance.model.GROUPS`), `change` relative to the
    account's recent level (0.18 is +18%), and `words` for people."""

    topic: str
    change: float
    words: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer for one draft. Counts of likes, comments and shares together; None where nothing can be said.

    source: "model"; "account_average" where no model has beaten it yet (`note` says why); "no_data" where no result of
    the account is known. `value` is the middle of what to expect, `low` to `high` hold 80% of results; `baseline` is
    the account's own recent level without this draft's particulars. `confirmed_at`: when MLflow last confirmed that
    the model is the champion (older while MLflow is away). `known_posts`: results of the account it rests on.
    """

    account_id: UUID
    target: str
    source: Source
    value: float | None
    low: float | None
    high: float | None
    baseline: float | None
    known_posts: int
    model_name: str | None = None
    model_version: str | None = None
    confirmed_at: datetime | None = None
    reasons: tuple[Reason, ...] = ()
    note: str = ""
