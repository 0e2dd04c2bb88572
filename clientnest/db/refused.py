"""What the database says of a statement that it refuses."""

from sqlalchemy.exc import DBAPIError

NO_SUCH_ROW = "23503"  # a row refers to one that is not there


def constraint_of(error: DBAPIError) -> str:
    """The name of the constraint that a statement broke; empty where it was none."""
    return getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
