"""Links of posts, and what is added to them so that analytics know where a visitor came from."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def with_utm(link: str, utm: Mapping[str, str]) -> str:
    """The link with its UTM parameters; those of the same names that it has already give way, the rest stays."""
    if not utm:
        return link
    named = {f"utm_{name}": value for name, value in utm.items()}
    parts = urlsplit(link)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in named]
    return urlunsplit(parts._replace(query=urlencode([*kept, *named.items()])))
