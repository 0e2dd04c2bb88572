"""Names that people give and others read: on one line, and nothing in them that makes a screen show something else.

Text of posts keeps all it holds but NUL, which Postgres cannot store: writing from right to left needs its marks. Names
stand in sentences and lists of ours beside other people's, where a mark that turns the direction of reading makes
`gpj.exe` of `exe.jpg`, and one that shows nothing makes two names look alike.
"""

import unicodedata

_JOINERS = frozenset("\u200c\u200d")  # Persian words and pictures of families are put together with them
_UNSHOWN = frozenset({"Cc", "Cf", "Cs"})  # controls, marks of direction and others of no width, halves of pairs
_BLANK = ("C", "Z")


def on_one_line(name: str) -> str:
    """A name as it is kept: white space and what nobody sees become single spaces; empty where nothing would show."""
    kept = " ".join("".join(character if is_shown(character) else " " for character in name).split())
    return kept if any(not unicodedata.category(character).startswith(_BLANK) for character in kept) else ""


def unshown(name: str) -> str | None:
    """The first thing in a name that no screen shows, as people call it (`U+202E RIGHT-TO-LEFT OVERRIDE`), or None.

    Spaces and line breaks of any kind are not meant: they are kept as spaces.
    """
    for character in name:
        if not is_shown(character) and not character.isspace():
            return f"U+{ord(character):04X} {unicodedata.name(character, 'control character')}"
    return None


def is_shown(character: str) -> bool:
    """Whether a character has a place in a name: it is seen, or joins others that are. A space is."""
    return unicodedata.category(character) not in _UNSHOWN or character in _JOINERS
