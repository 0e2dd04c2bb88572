"""Web addresses in a text, found as twitter-text finds them: X counts by it, Mastodon by its Ruby version, changed.

https://github.com/twitter/twitter-text. Its regular expressions are followed in what they accept, not in how they
search: there each place of a long word without an end is tried anew, here each stretch of a text is read once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

_MARKS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVALID = "\ufffe\ufeff\uffff"
_SPACES = "\x09-\x0d\x20\x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_ACCENTED = (
    "\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289\u028b\u02bb"
    "\u0300-\u036f\u1e00-\u1eff"
)
# Letters of domains are whatever is no punctuation; `-`, `_` and `.` stand between them.
_STRETCH = re.compile(rf"[^!'#%&()*+,\\/:;<=>?@\[\]^{{|}}~${_SPACES}{_INVALID}{_MARKS}]+")
# twitter-text reads UTF-16, where the first half of a character beyond the first 65,536 stands before its second half.
_BEGIN = re.compile(rf"(?<![A-Za-z0-9@＠$#＃{_INVALID}])[^-_.]|[\U00010000-\U0010ffff]")
_BEFORE_SCHEME = re.compile(rf"[^A-Za-z0-9@＠$#＃{_INVALID}]")
_AFTER_TOP_LEVEL = re.compile(r"[^0-9a-zA-Z@+-]|\Z")
_DOT = re.compile(r"\.")
_LETTERS = re.compile(r"[a-z0-9]+", re.IGNORECASE)
_PUNYCODE = re.compile(r"xn--[-0-9a-z]+", re.IGNORECASE)
_ASCII_LABELS = re.compile(rf"(?:[-a-z0-9{_ACCENTED}]+\.)+", re.IGNORECASE)
_SHORTENED = re.compile(
    r"https?://t\.co/([a-z0-9]+)(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/])?", re.IGNORECASE
)
_LONGEST_SHORTENED, _LONGEST_LABEL, _LONGEST_ADDRESS = 40, 63, 4096


@dataclass(frozen=True, slots=True)
class Grammar:
    """What counts as an address: schemes that it may begin with, whether a domain alone is one, and what follows the
    domain (`tail` with a group named `path`)."""

    schemes: re.Pattern[str]
    tail: re.Pattern[str]
    bare: bool


@dataclass(frozen=True, slots=True)
class _Label:
    """Between two dots of a stretch. `top` is where a top-level domain that begins here ends; `domain` where the
    longest domain ends of which this is a whole label."""

    start: int
    end: int
    top: int | None
    domain: int | None


def _pattern(path: str, ending: str, query: str, query_ending: str) -> re.Pattern[str]:
    nested = rf"\((?:{path}+|{path}*\({path}+\){path}*)\)"
    ends = rf"(?:{path}*(?:{nested}{path}*)*(?:{ending}|{nested}))"
    return re.compile(rf"(?::[0-9]+)?(?P<path>/(?:{ends}|@{path}+/)*)?(?:\?{query}*{query_ending})?", re.IGNORECASE)


WEB = Grammar(
    schemes=re.compile(r"https?://\Z", re.IGNORECASE),
    tail=_pattern(
        rf"[a-z\u0400-\u04ff0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_ACCENTED}]",
        rf"[+\-a-z\u0400-\u04ff0-9=_#/{_ACCENTED}]",
        r"[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]",
        r"[a-z0-9\-_&=#/]",
    ),
    bare=True,
)
"""Addresses of X: with a scheme or without."""
_BEYOND_ASCII = "\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\uffef\U00010000-\U0010fffd"
FEDIVERSE = Grammar(
    schemes=re.compile(r"(?:https?|dat|dweb|ipfs|ipns|ssb|gopher|gemini)://\Z", re.IGNORECASE),
    tail=_pattern(
        rf"[^{_SPACES}<>()?]",
        rf"[^{_SPACES}()?!*\"'「」<>;:=,.$%\[\]~&|@]",
        rf"[a-z0-9!?*'();:&=+$/%#\[\]\-_.,~|@^{_BEYOND_ASCII}]",
        rf"[a-z0-9_&=#/\-{_BEYOND_ASCII}]",
    ),
    bare=False,
)
"""Addresses of Mastodon (config/initializers/twitter_regex.rb): of more schemes, never without one."""


def find(text: str, grammar: Grammar = WEB) -> tuple[tuple[int, int], ...]:
    """Where each address begins and ends, in code points, in order."""
    if ("." if grammar.bare else "://") not in text:
        return ()
    return tuple(_find(text, grammar))


def _find(text: str, grammar: Grammar) -> Iterator[tuple[int, int]]:
    done = 0
    for stretch in _STRETCH.finditer(text):
        if "." not in stretch[0]:
            continue
        labels, first = _labels(text, *stretch.span()), 0
        while done < stretch.end() and (found := _next(text, labels, first, done, grammar)) is not None:
            begin, domain, end = found
            tail = grammar.tail.match(text, end)
            after = tail.end() if tail else end
            path = bool(tail and tail["path"])
            if _can_be(text[domain:end], after - begin + (domain - begin or len("https://"))):
                yield from _accepted(text, found, after, path=path, grammar=grammar, done=done)
            done = after
            while first < len(labels) - 1 and labels[first].end <= done:
                first += 1


def _labels(text: str, start: int, end: int) -> list[_Label]:
    """The labels of a stretch, read from its end."""
    labels: list[_Label] = []
    following: _Label | None = None
    edges = [start - 1, *(dot.start() for dot in _DOT.finditer(text, start, end)), end]
    for dot, behind in reversed(list(pairwise(edges))):
        first, domain = dot + 1, None
        if following is not None and first < behind and text[first] not in "-_" and text[behind - 1] not in "-_":
            domain = following.domain
            if domain is None and "_" not in text[first:behind]:
                domain = following.top
        following = _Label(first, behind, _top_level(text, first, len(text)), domain)
        labels.append(following)
    return labels[::-1]


def _next(text: str, labels: list[_Label], first: int, done: int, grammar: Grammar) -> tuple[int, int, int] | None:
    """Where the next address begins, its domain, and where that ends, from the first place not done with."""
    if first == 0 and labels[0].domain is not None and done <= labels[0].start:
        domain = labels[0].start
        scheme = grammar.schemes.search(text, max(domain - 12, done), domain)
        if scheme and _may_begin(text, scheme.start(), done):
            return scheme.start(), domain, labels[0].domain
    for number in range(first, len(labels) - 1):
        label, following = labels[number], labels[number + 1]
        begin = max(label.start, done + 1 if done and text[done] < "\U00010000" else done)
        if begin >= label.end or text[label.end - 1] in "-_":
            continue
        end = following.domain
        if end is None and following.top is not None:
            end, begin = following.top, max(begin, text.rfind("_", label.start, label.end) + 1)
        if end is not None and (found := _BEGIN.search(text, begin, label.end)):
            begin = found.start()
            # Of the very first character twitter-text would rather that it stands before the address than in it.
            if begin == 0 and (second := _BEGIN.match(text, 1, label.end)):
                begin = second.start()
            return begin, begin, end
    return None


def _may_begin(text: str, begin: int, done: int) -> bool:
    return begin == 0 or (begin > done and _BEFORE_SCHEME.match(text, begin - 1) is not None)


def _accepted(
    text: str, found: tuple[int, int, int], after: int, *, path: bool, grammar: Grammar, done: int
) -> Iterator[tuple[int, int]]:
    begin, domain, end = found
    if begin < domain:
        shortened = _SHORTENED.match(text, begin, after)
        if shortened is None:
            yield begin, after
        elif len(shortened[1]) <= _LONGEST_SHORTENED:
            yield begin, shortened.end()
    elif grammar.bare and not (begin > done and text[begin - 1] in "-_./"):
        spans = list(_in_ascii(text, begin, end))
        if spans and path:
            spans[-1] = spans[-1][0], after
        yield from spans


def _in_ascii(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Domains in Latin letters within one without a scheme, where words of other scripts may touch it."""
    while found := _ASCII_LABELS.search(text, start, end):
        dots = (at for at in range(found.end() - 1, found.start(), -1) if text[at] == ".")
        top = next((top for dot in dots if (top := _top_level(text, dot + 1, end)) is not None), None)
        if top is not None:
            yield found.start(), top
        start = found.end() if top is None else top


def _can_be(domain: str, length: int) -> bool:
    """Whether it is short enough, as a whole and in the form that name servers know."""
    if length > _LONGEST_ADDRESS or (domain.startswith("xn--") and _ASCII_LABELS.search(domain) is None):
        return False
    return all(_fits(label) for label in domain.split("."))


def _fits(label: str) -> bool:
    if label.isascii() or len(label) > _LONGEST_LABEL:
        return len(label) <= _LONGEST_LABEL
    return len(label.encode("punycode")) + len("xn--") <= _LONGEST_LABEL


def _top_level(text: str, start: int, end: int) -> int | None:
    """Where the top-level domain that begins there ends, if one does."""
    if start == end:
        return None
    latin, others = _known()
    if (letters := _LETTERS.match(text, start, end)) and letters[0].lower() in latin:
        names: tuple[str, ...] = (letters[0],)
    else:
        names = others.get(text[start], ())
    for name in names:
        stop = start + len(name)
        if text.startswith(name, start, end) and (stop == end or _AFTER_TOP_LEVEL.match(text, stop)):
            return stop
    found = _PUNYCODE.match(text, start, end)
    return found.end() if found else None


@cache
def _known() -> tuple[frozenset[str], dict[str, tuple[str, ...]]]:
    """Top-level domains: those of Latin letters, and the others by their first one, longest first."""
    lines = (files("clientnest.rules") / "tlds.txt").read_text("utf-8").splitlines()
    names = [line for line in lines if line and not line.startswith("#")]
    others: dict[str, tuple[str, ...]] = {}
    for name in sorted((name for name in names if not name.isascii()), key=len, reverse=True):
        others[name[0]] = (*others.get(name[0], ()), name)
    return frozenset(name for name in names if name.isascii()), others
