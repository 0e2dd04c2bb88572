"""The kinds of events that others may hear of: what patterns stand for, and what receivers read about them."""

import re
from pathlib import Path

import pytest

from clientnest.events.catalogue import KINDS, as_markdown, covered

API_PAGE = Path(__file__).parents[3] / "docs" / "api.md"


def test_kinds_are_named_as_standard_webhooks_names_them() -> None:
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+", name) for name in KINDS)


@pytest.mark.parametrize(
    ("pattern", "kinds"),
    [
        ("*", set(KINDS)), ("job.done", {"job.done"}), ("webhook.*", {"webhook.test", "webhook.disabled"}),
        ("job", set()), ("job*", set()), ("jo.*", set()), (".*", set()), ("**", set()), ("", set()),
    ],
)  # fmt: skip
def test_a_pattern_is_all_or_a_beginning_or_a_name(pattern: str, kinds: set[str]) -> None:
    assert covered(pattern) == kinds


def test_the_api_page_shows_the_catalogue() -> None:
    assert as_markdown() in API_PAGE.read_text(encoding="utf-8")
