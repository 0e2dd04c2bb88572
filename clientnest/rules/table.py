"""docs/rules.md: what every network allows, how it counts, and where that is said."""

from collections.abc import Iterator

from clientnest import registry
from clientnest.rules.limits import PROPERTIES, FileLimits, Limit, Limits
from clientnest.rules.model import Severity, Unit

_NAMES = {
    "text": "text", "text_bytes": "text, in bytes besides", "text_with_images": "text beside images", "title": "title",
    "address": "an address in the text counts", "first_comment": "first comment", "link": "link",
    "links": "links in the text", "hashtags": "hashtags", "hashtag": "one hashtag", "mentions": "mentions",
    "tags": "tags", "tag": "one tag", "tags_in_all": "tags together", "alt_text": "alt text of a file",
    "files": "files", "images": "images", "videos": "videos",
}  # fmt: skip
_FILES = {"image": "image", "gif": "moving GIF", "video": "video"}
_HEAD = """# What networks allow

Printed from `clientnest/networks/*/rules.py` by `clientnest rules`; a test keeps it true. What an account's own server
or subscription says goes before it.

*Secondary* is what no page of the network itself says. *Warning*: the network changes or ignores it; everything else it
would refuse. Megabytes of the networks' pages are read as 1,000,000 bytes. Units: `characters` are Unicode code points,
`graphemes` what readers take for one character, `utf-16-units` what JavaScript counts, `weighted-characters` and
`characters-and-bytes-of-emoji` the rules of X and Threads.
"""


def as_markdown() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(line for network in registry.networks() for line in _section(network.name))]) + "\n"


def _section(name: str) -> Iterator[str]:
    rules = registry.rules(name)
    limits = rules.limits()
    yield f"## {limits.label}"
    yield ""
    yield f"Text: {' '.join((rules.text_length.__doc__ or '').split())}"
    yield ""
    yield "| | at most | unit | source |"
    yield "|---|--:|---|---|"
    for field, words in _NAMES.items():
        limit = getattr(limits, field)
        if isinstance(limit, Limit):
            warning = " (warning)" if limit.severity is Severity.WARNING else ""
            yield f"| {words}{warning} | {limit.value:,} | {limit.unit} | {_source(limit.source, limit.secondary)} |"
    yield ""
    for field, words in _FILES.items():
        files = getattr(limits, field)
        if isinstance(files, FileLimits):
            yield f"- {words}: {_asked(files)}. {_source(files.source, files.secondary)}"
    yield f"- {_facts(limits)} {_source(limits.source, secondary=False)}"
    yield ""


def _asked(files: FileLimits) -> str:
    kinds = ", ".join(sorted(kind.split("/")[1] for kind in files.types))
    asked = [kinds, *((f"coded as {', '.join(sorted(files.codecs))}",) if files.codecs else ())]
    for name, unit in PROPERTIES.items():
        least, most = files.least.get(name), files.most.get(name)
        if least is None and most is None:
            continue
        words = name.replace("_", " ") if unit is Unit.PIXELS or name == "frame_rate" else str(unit).replace("-", " ")
        between = " to ".join(
            [*([f"{_number(least)}"] if least is not None else []), *([f"{_number(most)}"] if most is not None else [])]
        )
        only = "at least " if most is None else "at most " if least is None else ""
        asked.append(f"{words} {only}{between}{' (warning)' if name in files.warned else ''}")
    return "; ".join(asked)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:.4g}"


def _facts(limits: Limits) -> str:
    facts = [
        "threads" if limits.threads else "no threads",
        "a first comment" if limits.first_comment else "no first comment",
        "files are required" if limits.media_required else "text alone is enough",
        "images and videos in one post" if limits.mixes else "images or a video" if limits.image else "videos only",
        ("a link beside the text" + (", with files too" if limits.link_beside_media else ", without files"))
        if limits.takes_link
        else "links in the text only",
    ]
    if limits.title_required:
        facts.append("a title is required")
    if limits.gif_alone:
        facts.append("a moving GIF by itself")
    if limits.gif_stands_still:
        facts.append("GIFs stand still (warning)")
    if limits.forbidden:
        shown = " ".join(sign if sign.isprintable() else f"U+{ord(sign):04X}" for sign in limits.forbidden)
        facts.append(f"texts without {shown}")
    return f"{'; '.join(facts)}."


def _source(address: str, secondary: bool) -> str:
    page = address.split("://")[1].split("/", maxsplit=1)[0].removeprefix("www.")
    return f"[{page}]({address}){' (secondary)' if secondary else ''}"
