"""Finding posts by what they say: in any language, by words or parts of them, whatever their case and accents.

Every word of a question has to be somewhere in the post: in its texts, title, labels, campaign, or the alternative
texts and names of what it shows. Words of one or two letters are taken whole, or they would be everywhere; the last one
is a beginning, for somebody may still be typing it. Where words are not set apart (Thai, Chinese, Japanese), and of all
longer ones, a part is enough.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, cast, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, array
from sqlalchemy.types import Text, Uuid

from clientnest.content.states import UNSEEN_BY_CLIENTS
from clientnest.db.tables.content import post as post_table
from clientnest.db.tables.content import post_search as search_table
from clientnest.errors import BadInput
from clientnest.workspaces import Membership, WorkspaceRole

LONGEST_QUESTION = 200
_WALKED = 2_000  # so many of the latest posts are looked at one by one: what is frequent is among them
_SHORT = 3  # below this a word has no trigram
_WHERE_WORDS_ARE_APART = "\u0e00"  # scripts up to Indic ones
_HIDDEN = sorted(state.value for state in UNSEEN_BY_CLIENTS)
_p, _s = post_table.c, search_table.c


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for. `patterns`: of LIKE; `whole`: a query of full text, empty where all words are long."""

    patterns: tuple[str, ...]
    whole: str

    def matches(self, document: ColumnElement[str], words: ColumnElement[object]) -> ColumnElement[bool]:
        """Whether a folded text, and the words of it, hold all that is looked for."""
        found = [document.like(pattern) for pattern in self.patterns]
        if self.whole:
            found.append(words.bool_op("@@")(cast(self.whole, TSQUERY)))
        return and_(True, *found)


def question(connection: Connection, asked: str) -> Question:
    """What somebody typed, taken apart. `BadInput` for what no text could hold, and beyond 200 characters."""
    if len(asked) > LONGEST_QUESTION or re.search("[\x00\ud800-\udfff]", asked):
        raise BadInput(
            f"Texts to look for have at most {LONGEST_QUESTION} characters, without NUL or halves of pairs.",
            advice="Look for a few words of it.", details={"field": "query.q"},
        )  # fmt: skip
    folded: str = connection.execute(text("SELECT app.fold(:asked)"), {"asked": asked}).scalar_one()
    words = list(dict.fromkeys(folded.split()))
    patterns = [f"%{_escaped(word)}%" for word in words if not _is_whole(word)]
    whole = [f"'{word}'" for word in words if _is_whole(word)]
    if words and _is_whole(words[-1]):
        whole[-1] += ":*"
    return Question(tuple(patterns), " & ".join(whole))


def newest(
    connection: Connection, membership: Membership, asked: str, wanted: Sequence[ColumnElement[bool]],
    before: UUID | None, most: int,
) -> Sequence[UUID]:  # fmt: skip
    """The ids of the latest posts, of those that are `wanted`, that hold what was asked; only `before` an id, if given.

    What is frequent is found among the latest, which takes no index; only what is not so has to be looked up in one.
    """
    looked_for = question(connection, asked)
    workspace_id = membership.workspace.id
    may_be_told = _seen(looked_for, membership)
    walked = select(_s.post_id, looked_for.matches(_s.document, _s.words).label("matched")).where(
        _s.workspace_id == workspace_id, *([_s.post_id < before] if before else [])
    )
    recent = walked.order_by(_s.post_id.desc()).limit(_exactly(_WALKED)).cte("recent")
    chosen = select(_p.id).where(*wanted, *may_be_told).order_by(_p.id.desc()).limit(_exactly(most))
    among_recent = chosen.where(_p.id.in_(select(recent.c.post_id).where(recent.c.matched)))
    both = select(
        select(func.count()).select_from(recent).scalar_subquery().label("looked_at"),
        func.array(among_recent.scalar_subquery()).label("found"),
    )
    row = connection.execute(both).one()
    if row.looked_at < _WALKED or len(row.found) >= most:
        latest: Sequence[UUID] = row.found
        return latest
    holding = func.app.posts_with(
        cast(list(looked_for.patterns), ARRAY(Text)), cast(looked_for.whole, TSQUERY), cast(before, Uuid)
    )
    return connection.execute(chosen.where(_p.id.in_(select(holding)))).scalars().all()


def _seen(looked_for: Question, membership: Membership) -> list[ColumnElement[bool]]:
    """What clients do not see is not found by them, either: posts found are looked at again without it."""
    if membership.role is not WorkspaceRole.CLIENT:
        return []
    shown = func.app.searched_text(_p.workspace_id, array([_p.id]), literal(_HIDDEN, ARRAY(Text)))
    told = shown.table_valued("post_id", "document").alias("told")
    words = func.to_tsvector(text("'pg_catalog.simple'"), told.c.document)
    return [select(told.c.post_id).where(looked_for.matches(told.c.document, words)).exists()]


def _exactly(number: int) -> ColumnElement[int]:
    """A number that the planner knows: with one that comes later it would plan for a tenth of all rows."""
    return literal(number, literal_execute=True)


def _is_whole(word: str) -> bool:
    return len(word) < _SHORT and word.isalpha() and max(word) < _WHERE_WORDS_ARE_APART


def _escaped(word: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", word)
