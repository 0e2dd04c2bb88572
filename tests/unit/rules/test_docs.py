"""The printed page is what the code says, and every network has its rules."""

from dataclasses import fields
from pathlib import Path

from clientnest import registry
from clientnest.rules import FileLimits, Limit
from clientnest.rules.table import as_markdown


def test_the_docs_print_the_limits() -> None:
    assert (Path(__file__).parents[3] / "docs" / "rules.md").read_text("utf-8") == as_markdown()


def test_every_limit_of_every_network_has_its_source() -> None:
    for network in registry.networks():
        limits = registry.rules(network.name).limits()
        assert network.label.startswith(limits.label)
        stated = [getattr(limits, each.name) for each in fields(limits)]
        sources = [each.source for each in stated if isinstance(each, Limit | FileLimits)]
        assert all(source.startswith("https://") for source in [*sources, limits.source])
        assert sources
