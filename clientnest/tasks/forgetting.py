"""Forgetting what is old, little by little."""

from typing import Any

from sqlalchemy import text

from clientnest.db import session
from clientnest.db.roles import Role


def in_short_transactions(function: str, *, most: int, **arguments: Any) -> None:
    """Call a function of the database, as the worker, until it finds less than `most` to delete: it is its last
    argument, and it gives how many went. Each time is a transaction of its own, which holds nobody up."""
    names = ", ".join(f":{name}" for name in (*arguments, "most"))
    gone = most
    while gone == most:
        with session.tenant(Role.WORKER) as connection:
            gone = connection.execute(text(f"SELECT {function}({names})"), {**arguments, "most": most}).scalar_one()
