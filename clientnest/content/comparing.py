"""Which fields of a post differ, by the names that histories and conflicts use: `title`, `variants.<account>.text`."""

from collections.abc import Iterator, Mapping
from typing import Any

from clientnest.content.model import Content, Post, Variant


def snapshot(post: Post) -> dict[str, Any]:
    """All that a revision keeps of a post, as JSON."""
    return {
        "title": post.title,
        "campaign_id": str(post.campaign_id) if post.campaign_id else None,
        "labels": sorted(str(label) for label in post.labels),
        "variants": {str(one.account_id): _of_variant(one) for one in post.variants},
    }


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The fields that differ between two snapshots, sorted."""
    found = [name for name in ("title", "campaign_id", "labels") if before[name] != after[name]]
    then, now = before["variants"], after["variants"]
    for account in then.keys() | now.keys():
        if account not in then or account not in now:
            found.append(f"variants.{account}")
        else:
            found += [f"variants.{account}.{name}" for name in _differing(then[account], now[account])]
    return sorted(found)


def _of_variant(variant: Variant) -> dict[str, Any]:
    schedule = variant.schedule
    plan = None if schedule is None else {
        "local_time": schedule.local_time.isoformat(), "timezone": schedule.timezone, "fold": schedule.fold,
    }  # fmt: skip
    return {"content": variant.content.as_json(), "schedule": plan}


def differences(before: Content, after: Content) -> dict[str, tuple[Any, Any]]:
    """The fields of what a variant publishes that differ: as JSON, before and after."""
    then, now = _fields(before), _fields(after)
    return {name: (then[name], now[name]) for name in then if then[name] != now[name]}


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    yield from differences(Content.from_json(before["content"]), Content.from_json(after["content"]))
    if before["schedule"] != after["schedule"]:
        yield "schedule"


def _fields(content: Content) -> dict[str, Any]:
    kept = content.as_json()
    first, *rest = kept.pop("parts")
    return {**first, "thread": rest, **kept}
