"""Changes decided on something that somebody else has changed meanwhile are refused, not merged by chance."""

from clientnest.errors import Conflict


class Stale(Conflict):
    """There is a newer revision than the one a change was decided on."""

    code = "stale"
    status = 412


def stale(what: str) -> Stale:
    """The refusal of a change of `what`, which stands at the beginning of the sentence."""
    return Stale(f"{what} was changed by somebody else meanwhile.", advice="Read it again, and decide anew.")
