"""The SQL of models on invented rows: dbt's unit tests, which builds leave out, and what those cannot say."""

from pathlib import Path
from uuid import UUID

from clientnest.db.dbt_env import dbt_project_folder
from clientnest.db.session import etl
from tests.integration.dbt.captures import post, write
from tests.integration.dbt.conftest import Dbt

TABLES = ("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
# Composed and decomposed letters are one; digits alone make none, nor does a # within a word or an address; emoji end a
# hashtag, marks belong to it.
HASHTAGS = {
    "New #Spring and #Sale, #spring again": ["spring", "sale"],
    "#Caf\u00e9 and #Cafe\u0301": ["caf\u00e9"],
    "we are #1, see a#b and https://example.com/#top": [],
    "#हिन्दी #東京 \uff03全角 #go🚀fast": ["हिन्दी", "東京", "全角", "go"],
    "none here": [],
}


def test_models_compute_what_their_unit_tests_say(dbt: Dbt) -> None:
    dbt(*TABLES)  # their columns give the types of the rows
    result = dbt("test", "--select", "test_type:unit")
    assert len(result.nodes) == sum(_count(path) for path in dbt_project_folder().glob("models/**/*.yml"))
    assert {status for status, _ in result.nodes.values()} == {"pass"}


def test_hashtags_are_read_in_any_script(dbt: Dbt, workspace: UUID) -> None:
    write(workspace, [post(number, text=text, likes=1) for number, text in enumerate(HASHTAGS)])
    dbt(*TABLES)
    with etl() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT text, hashtags FROM marts.dim_post WHERE workspace_id = %s", (str(workspace),))
        assert dict(cursor.fetchall()) == HASHTAGS


def _count(path: Path) -> int:
    """Unit tests written in a file: the entries of `unit_tests:`."""
    _, listed, tests = path.read_text(encoding="utf-8").partition("unit_tests:\n")
    return tests.count("\n    model: ") if listed else 0
