"""People who sign up, sign in and forget things, and the letters they get."""

import re
from collections.abc import Callable

import pytest

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.mail import Waiting, outbox

Letters = Callable[[str], list[Waiting]]


@pytest.fixture
def letters(database: str) -> Letters:
    """The letters to an address that wait in the outbox, the newest first."""

    def to(address: str) -> list[Waiting]:
        with session.tenant(Role.IDENTITY) as connection:
            return [letter for letter in outbox(connection, limit=1000) if letter.recipient == address]

    return to


def token_in(letter: Waiting) -> str:
    """The token of the link in a letter."""
    found = re.search(r"#token=([\w-]+)", letter.text)
    assert found, letter.text
    return found.group(1)
