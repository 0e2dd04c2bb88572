"""A longer search for a way into a state that is none."""

import pytest

from tests.integration.content.conftest import Desk, client, desk
from tests.integration.content.test_states import search

__all__ = ["client", "desk"]  # the fixtures

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


def test_no_long_sequence_of_calls_and_statements_reaches_an_illegal_state(desk: Desk) -> None:
    search(desk, 1_000)
