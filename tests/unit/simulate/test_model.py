"""The generative model keeps its own rules: reproducible, cut off by time only, and as the catalogue says."""

import itertools
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from clientnest.errors import BadInput
from clientnest.metrics import Grain, catalogue
from clientnest.records import AccountRow, CaptureRow, PeriodRow, PostRow
from clientnest.simulate import SimulationConfig, capture
from clientnest.simulate.brand import accounts
from clientnest.simulate.calendar import hour_effects
from clientnest.simulate.capture import withdrawals

UNTIL = datetime(2026, 3, 2, 6, tzinfo=UTC)
DEMO = SimulationConfig(until=UNTIL, days=120, accounts=10)


@cache
def rows(config: SimulationConfig = DEMO) -> tuple[CaptureRow, ...]:
    return tuple(capture(config))


def post_rows() -> list[PostRow]:
    return [row for row in rows() if isinstance(row, PostRow)]


def histories() -> dict[tuple[str, str], list[PostRow]]:
    by_post = defaultdict(list)
    for row in post_rows():
        by_post[row.account.network, row.external_id].append(row)
    return by_post


def test_the_same_settings_give_the_same_rows() -> None:
    assert rows() == tuple(capture(DEMO))
    assert rows() != tuple(capture(SimulationConfig(seed=8, until=UNTIL, days=120, accounts=10)))


def test_a_later_end_only_adds_captures() -> None:
    earlier = SimulationConfig(until=UNTIL - timedelta(days=9, hours=5), days=110, accounts=10)

    def known(row: CaptureRow) -> tuple[object, ...]:
        # The demo's own withdrawn metric follows the end; everything else must not.
        kept = {name: value for name, value in row.metrics.items() if name != "profile_visits"}
        return (type(row), row.account, getattr(row, "external_id", None), row.captured_at, tuple(kept.items()))

    begins = earlier.since
    later = {known(row) for row in rows()}
    missing = [row for row in capture(earlier) if known(row) not in later]
    assert begins >= DEMO.since
    assert missing == []


def test_only_metrics_that_the_network_reports_and_none_after_their_withdrawal() -> None:
    metrics = catalogue()
    for row in rows():
        grain = {PostRow: Grain.POST, AccountRow: Grain.ACCOUNT, PeriodRow: Grain.PERIOD}[type(row)]
        for name, value in row.metrics.items():
            entry = metrics[name].networks.get(row.account.network)
            assert entry is not None, (row.account.network, name)
            assert grain in metrics[name].grains
            if entry.until and row.captured_at.date().isoformat() >= entry.until:
                assert value is None, (row.account.network, name)


def test_the_demo_loses_a_metric_halfway() -> None:
    account = next(made for made in accounts(DEMO) if made.ref.network == "instagram")
    ends = withdrawals(DEMO, account)["profile_visits"]
    instagram = [row for row in post_rows() if row.account == account.ref]
    assert all((row.metrics["profile_visits"] is None) == (row.captured_at >= ends) for row in instagram)
    assert {row.captured_at >= ends for row in instagram} == {True, False}


def test_counts_grow_and_saturate_and_sometimes_fall() -> None:
    week_over_total, fell = [], 0
    for history in histories().values():
        totals = [row.metrics["likes"] or 0 for row in history]
        ages = [(row.captured_at - row.published_at).total_seconds() / 3600 for row in history if row.published_at]
        fell += any(later < earlier for earlier, later in itertools.pairwise(totals))
        assert min(totals) >= 0
        if ages[-1] > 1_000 and ages[0] < 2 and totals[-1] > 50:
            week_over_total.append(max(t for t, age in zip(totals, ages, strict=True) if age <= 168) / totals[-1])
    assert len(week_over_total) > 100
    assert 0.6 < np.median(week_over_total) <= 1.0
    assert 0 < fell < len(histories()) / 2


def test_polls_follow_the_age_of_a_post() -> None:
    first_day, later, never = [], [], 0
    for history in histories().values():
        ages = [(row.captured_at - row.published_at).total_seconds() / 3600 for row in history if row.published_at]
        assert max(ages) <= 24 * 91
        assert all(row.captured_at <= UNTIL for row in history)
        first_day.append(sum(age <= 24.2 for age in ages))
        later.append(sum(24.2 < age <= 170 for age in ages))
        never += UNTIL - history[0].published_at > timedelta(days=60) and ages[-1] < 24 * 35
    assert 14 <= np.median(first_day) <= 25
    assert np.median(later) <= 24
    assert never > 3, "some posts are deleted and never seen again"


def test_hours_effects_can_be_found_in_what_the_posts_reach() -> None:
    """The planted truth is in the data: log exposures rise with the account's own hour effect."""
    account = accounts(DEMO)[2]
    last = {key: history[-1] for key, history in histories().items() if history[0].account == account.ref}
    effects, logs = [], []
    for row in last.values():
        local = row.published_at.astimezone(ZoneInfo(account.timezone))
        effects.append(hour_effects(DEMO.seed, account)[local.weekday() * 24 + local.hour])
        logs.append(np.log(row.metrics["impressions"]))
    assert np.corrcoef(effects, logs)[0, 1] > 0.2


def test_texts_are_in_several_languages_with_emoji_and_hashtags() -> None:
    texts = [row.text for row in post_rows() if row.text]
    assert len(set(texts)) > 0.6 * len(texts)
    for sign in ("ß", "ñ", "ã", "コ", "é", "☕", "#"):
        assert any(sign in text for text in texts), sign


@pytest.mark.parametrize("wanted", [20_000, 120_000])
def test_volume_is_near_what_was_asked_for(wanted: int) -> None:
    config = SimulationConfig(until=UNTIL, days=100, accounts=5, snapshots=wanted)
    made = sum(isinstance(row, PostRow) for row in capture(config))
    assert 0.8 * wanted < made < 1.25 * wanted


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"days": 0}, "days is 0"), ({"accounts": 5_000}, "accounts is 5000"), ({"until": datetime(2026, 1, 1)}, "zone")],  # noqa: DTZ001
)
def test_impossible_settings_are_refused(settings: dict, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        SimulationConfig(**settings)
