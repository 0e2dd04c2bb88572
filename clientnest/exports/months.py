"""Month names of the languages people use the networks in, from Unicode's CLDR through Babel."""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from babel import Locale

LANGUAGES = (
    "en", "es", "pt", "fr", "de", "it", "nl", "pl", "ru", "uk", "tr", "id", "ms", "vi", "th", "ar", "he", "fa", "hi",
    "bn", "ur", "ta", "te", "sv", "da", "nb", "fi", "et", "lv", "lt", "cs", "sk", "hu", "ro", "bg", "hr", "sr", "sl",
    "el", "ca", "gl", "fil", "sw", "af", "is", "ga", "km", "my", "ka", "hy", "az", "kk", "uz",
)  # fmt: skip


_ARTICLE = re.compile(r"^(?:de |d[\u2019'])")  # Catalan writes "12 d\u2019abril"


def normal(name: str) -> str:
    """A month name as it is compared: no full stop, no case."""
    return name.strip().strip(".").casefold()


@cache
def names_of(language: str) -> Mapping[str, int]:
    """Every way a language writes a month in CLDR (full and short, within a date and alone) to 1..12."""
    months = Locale.parse(language).months
    # Where a language gives no names of its own for months that stand alone, Babel hands out one dictionary shared by
    # all languages, with whatever the last one wrote into it. Spanish has none of its own, so what it shows is shared.
    shared = Locale.parse("es").months["stand-alone"]
    found: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in months[context][width].items():
                if context == "format" or name != shared[width][number]:
                    found.setdefault(normal(name), number)
                    found.setdefault(normal(_ARTICLE.sub("", name)), number)
                    if language == "he":
                        found.setdefault(normal(f"ב{name}"), number)  # "in January" is one word
    return found


def known_language(language: str) -> bool:
    """Whether `language` is one whose months are known here."""
    return language in LANGUAGES


def languages_with(names: Iterable[str]) -> tuple[str, ...]:
    """The languages that know all of these month names; all languages when none does."""
    wanted = {normal(name) for name in names}
    if not wanted:
        return LANGUAGES
    fitting = tuple(language for language in LANGUAGES if wanted <= names_of(language).keys())
    return fitting or LANGUAGES


@cache
def meanings(name: str, languages: tuple[str, ...]) -> Mapping[int, tuple[str, ...]]:
    """What a month name can mean: each month to the languages in which it means that. English alone settles it."""
    wanted = normal(name)
    if "en" in languages and wanted in names_of("en"):
        others = {number for language in languages if (number := names_of(language).get(wanted)) is not None}
        if others == {names_of("en")[wanted]}:
            return {names_of("en")[wanted]: ("en",)}
    found: dict[int, list[str]] = {}
    for language in languages:
        if (number := names_of(language).get(wanted)) is not None:
            found.setdefault(number, []).append(language)
    return {number: tuple(spoken) for number, spoken in found.items()}


def language_label(language: str) -> str:
    return Locale.parse(language).english_name or language
