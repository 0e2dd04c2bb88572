"""Ways of counting that several networks use, and where in a text a limit is reached."""

from collections.abc import Callable

import regex

# Two characters belong together only where one of these is; most texts in most scripts hold none.
_JOINING = regex.compile(
    r"[\r\p{RI}\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}\p{GCB=Prepend}\p{GCB=L}\p{GCB=V}\p{GCB=T}]"
)
# Pairs of regional indicators are taken by themselves: \X looks back over the whole row of them for each.
_GRAPHEME = regex.compile(r"\p{RI}\p{RI}[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}]*+|\X")
# An emoji as Unicode defines it (UTS #51): a keycap, a flag, or one that is shown as a picture, with what joins it.
_ELEMENT = (
    r"(?:\p{Emoji_Modifier_Base}\ufe0f?\p{Emoji_Modifier}|\p{Emoji_Presentation}\ufe0f?|\p{Emoji}\ufe0f)"
    r"[\U000e0020-\U000e007f]*+\u20e3?"
)
_EMOJI = regex.compile(
    rf"[0-9#*]\ufe0f?\u20e3|\p{{RI}}\p{{RI}}|(?![0-9#*]){_ELEMENT}(?:\u200d(?:{_ELEMENT}|\p{{Extended_Pictographic}}))*+"
)
_PICTURE = regex.compile(r"[\u20e3\ufe0f\p{Emoji_Presentation}]")  # one of these is in each


def code_points(text: str) -> int:
    """Unicode code points, which most documentation means by characters."""
    return len(text)


def utf16_units(text: str) -> int:
    """Units of UTF-16, which JavaScript, Java and Swift's older strings count: most emoji are two and more."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8_bytes(text: str) -> int:
    """Bytes of UTF-8; a lone surrogate, which has none, counts the three it would take."""
    return len(text.encode("utf-8", "surrogatepass"))


def graphemes(text: str) -> int:
    """Characters as readers see them (Unicode's extended grapheme clusters)."""
    if _JOINING.search(text) is None:
        return len(text)
    return len(_GRAPHEME.findall(text))


def emoji_as_bytes(text: str) -> int:
    """Code points, but of emoji their bytes of UTF-8."""
    if _PICTURE.search(text) is None:
        return len(text)
    return len(text) + sum(utf8_bytes(emoji) - len(emoji) for emoji in _EMOJI.findall(text))


def fitting(text: str, limit: int, length: Callable[[str], int]) -> int:
    """How many code points of the text's beginning fit, for a text that does not: the first offset past the limit.

    It is a place up to which the text fits and where no character of the reader's is torn apart, as long as one fits.
    Some lengths shrink when text is added (an address becomes complete); of the places found then one is given.
    """
    fits, beyond = 0, max(limit, 1)
    while beyond < len(text) and length(text[:beyond]) <= limit:
        fits, beyond = beyond, beyond * 2
    beyond = min(beyond, len(text))
    while beyond - fits > 1:
        middle = (fits + beyond) // 2
        if length(text[:middle]) <= limit:
            fits = middle
        else:
            beyond = middle
    whole = _boundary(text, fits)
    return whole if length(text[:whole]) <= limit else fits


def _boundary(text: str, offset: int) -> int:
    """The last place before or at an offset that lies between two graphemes."""
    if _JOINING.search(text, max(offset - 1, 0), offset + 1) is None:
        return offset
    last = 0
    for found in _GRAPHEME.finditer(text):
        if found.end() > offset:
            return found.start()
        last = found.end()
    return last
