"""Words and numbers that stand in one workspace only: wherever one of them shows, something of that workspace does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text

from clientnest import audit
from clientnest.audit import SYSTEM, Action, Change
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from clientnest.imports.service import rejects_report
from tests.worlds import Brand

# By the role that owns or writes the table. The numbers are those that pages show one by one, not those they add up.
_STATEMENTS: Mapping[Role, tuple[str, ...]] = {
    Role.DBT: (
        "UPDATE marts.dim_account SET display_name = display_name || ' ' || :word WHERE workspace_id = :w",
        "UPDATE marts.dim_post SET text = text || ' ' || :word, url = 'https://example.org/' || :word "
        "WHERE workspace_id = :w",
        "UPDATE marts.fct_post_performance SET comments = :number, engagement_24h = :number WHERE workspace_id = :w",
        "UPDATE marts.fct_account_daily SET comments = :number WHERE workspace_id = :w",
        "UPDATE marts.fct_hashtag SET hashtag = hashtag || :word, median_engagement = :number WHERE workspace_id = :w",
        "UPDATE marts.fct_content_type SET median_engagement = :number WHERE workspace_id = :w",
        "UPDATE marts.fct_posting_slot SET median_engagement = :number WHERE workspace_id = :w",
        "UPDATE marts.fct_metric_coverage SET posts = :number WHERE workspace_id = :w",
    ),
    Role.ETL: (
        "UPDATE ml.best_time SET posts = :number WHERE workspace_id = :w",
        "UPDATE ml.training_run SET reason = reason || ' ' || :word, posts = :number WHERE workspace_id = :w",
        "INSERT INTO app.import_file (workspace_id, id, job_id, position, name, sha256, size_bytes, stored_path, "
        "state, rows, accepted, rejected, rejected_count) VALUES (:w, :file, :job, 0, :word || '.csv', '', 1, '', "
        "'imported', :number, 0, CAST(:rejected AS jsonb), 1)",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Marks:
    """What was planted in a workspace."""

    word: str
    number: int

    def shown_in(self, shown: str) -> set[str]:
        """Those of them that a text holds, however its numbers are grouped."""
        flat = shown.replace(",", "").casefold()
        return {mark for mark in (self.word.casefold(), str(self.number)) if mark in flat}

    @property
    def all(self) -> set[str]:
        return {self.word.casefold(), str(self.number)}


def plant(brand: Brand, marks: Marks) -> None:
    """Write them into what people see of the workspace: accounts, posts, figures, imports, models, the audit log."""
    rejected = [{"row": 3, "field": "likes", "value": marks.word, "reason": f"not {marks.number}"}]
    values = {"w": brand.workspace_id, "word": marks.word, "number": marks.number, "file": new_id(),
              "job": brand.job_id, "rejected": json.dumps(rejected)}  # fmt: skip
    for role, statements in _STATEMENTS.items():
        with session.tenant(role) as connection:
            for statement in statements:
                done = connection.execute(text(statement), values)
                assert done.rowcount > 0, f"nothing was planted by: {statement}"
    report = rejects_report(brand.workspace_id, brand.job_id)
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(f"file,row,field,value,reason\nx.csv,3,likes,{marks.word},{marks.number}\n")
    with session.tenant(Role.API, workspace_id=brand.workspace_id) as connection:
        audit.record(
            connection, Action.WORKSPACE_CHANGED, actor=SYSTEM, workspace_id=brand.workspace_id,
            object_type="workspace", object_id=str(marks.number), changes={"name": Change(after=marks.word)},
        )  # fmt: skip
