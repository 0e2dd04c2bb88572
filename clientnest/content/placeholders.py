"""Placeholders in templates: `{{product}}` stands for a value, and `{{{{` for two braces as they are.

A name begins with a letter of any script, goes on with letters, digits and `_`, and has at most 40 characters; spaces
may stand around it. Whatever else has braces is text: no text is wrong.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import regex

LONGEST_NAME = 40
_NAME = rf"\p{{L}}[\p{{L}}\p{{M}}\p{{N}}_]{{0,{LONGEST_NAME - 1}}}"
_MEANT = regex.compile(r"(?P<braces>\{\{\{\{)|\{\{ *+(?P<name>" + _NAME + r") *+\}\}", regex.VERSION1)
_IS_NAME = regex.compile(_NAME, regex.VERSION1)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a template: `written` as it stands there, `shown` where nothing is filled in. `name` None: text."""

    written: str
    shown: str
    name: str | None = None


def parse(text: str) -> Iterator[Piece]:
    """The pieces of a text, in order: put together, `written` is the text again. In time linear in its length."""
    end = 0
    for found in _MEANT.finditer(text):
        if found.start() > end:
            yield Piece(text[end : found.start()], text[end : found.start()])
        yield Piece(found.group(), "{{" if found["braces"] else found.group(), found["name"])
        end = found.end()
    if end < len(text):
        yield Piece(text[end:], text[end:])


def names(*texts: str) -> list[str]:
    """The placeholders of these texts, each once, in the order they come in."""
    return list(dict.fromkeys(piece.name for text in texts for piece in parse(text) if piece.name is not None))


def filled(text: str, values: Mapping[str, str]) -> Iterator[str]:
    """The text in pieces, values in the place of their placeholders, which stay where there is none. What a value
    holds is text: nothing in it is filled in again."""
    return (piece.shown if piece.name is None else values.get(piece.name, piece.shown) for piece in parse(text))


def escaped(text: str) -> str:
    """What to write in a template for exactly this text."""
    return text.replace("{{", "{{{{")


def is_name(name: str) -> bool:
    """Whether a placeholder can be called so."""
    return _IS_NAME.fullmatch(name) is not None
