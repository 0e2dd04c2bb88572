"""Wall-clock times and instants: nights when clocks jump have their answer, and what nobody can plan is refused."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import tzdata
from hypothesis import given
from hypothesis import strategies as st

from clientnest import zones
from clientnest.errors import BadInput
from clientnest.ids import new_id
from clientnest.planning.wall_clock import Kept, Kind, reresolve, resolve, schedule, wall_clock_of

ZONES = st.sampled_from(sorted(zones.names())).map(zones.zone)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOCAL = st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30))  # noqa: DTZ001 - local times


def _local(said: str) -> datetime:
    return datetime.fromisoformat(said)


@pytest.mark.parametrize(
    ("place", "wall_clock", "fold", "instant", "kind", "shown"),
    [
        # The examples of RFC 5545, 3.3.5, "Form #3".
        ("America/New_York", "2007-11-04T01:30", 0, "2007-11-04T05:30Z", Kind.OVERLAP, "01:30"),
        ("America/New_York", "2007-03-11T02:30", 0, "2007-03-11T07:30Z", Kind.GAP, "03:30"),
        ("Europe/Paris", "2026-03-29T02:30", 0, "2026-03-29T01:30Z", Kind.GAP, "03:30"),
        ("Europe/Paris", "2026-03-29T02:30", 1, "2026-03-29T01:30Z", Kind.GAP, "03:30"),  # there is no second
        ("Europe/Paris", "2026-03-29T03:00", 0, "2026-03-29T01:00Z", Kind.EXACT, "03:00"),
        ("Europe/Paris", "2026-10-25T02:30", 0, "2026-10-25T00:30Z", Kind.OVERLAP, "02:30"),
        ("Europe/Paris", "2026-10-25T02:30", 1, "2026-10-25T01:30Z", Kind.OVERLAP, "02:30"),
        ("Europe/Paris", "2026-10-25T03:00", 1, "2026-10-25T02:00Z", Kind.EXACT, "03:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", 0, "2026-10-03T15:45Z", Kind.GAP, "02:45"),  # by half an hour
        ("Pacific/Apia", "2011-12-30T10:00", 0, "2011-12-30T20:00Z", Kind.GAP, "10:00"),  # by a day
        ("Asia/Kathmandu", "2026-06-01T09:00", 0, "2026-06-01T03:15Z", Kind.EXACT, "09:00"),
    ],
)  # fmt: skip
def test_each_night_has_its_answer(
    place: str, wall_clock: str, fold: int, instant: str, kind: Kind, shown: str
) -> None:
    found = resolve(_local(wall_clock), zones.zone(place), fold=fold)
    assert (found.instant, found.kind) == (datetime.fromisoformat(instant), kind)
    assert f"{found.shown:%H:%M}" == shown
    assert (found.note is None) == (kind is Kind.EXACT)


def test_people_are_told_in_a_sentence() -> None:
    paris = zones.zone("Europe/Paris")
    assert resolve(_local("2026-03-29T02:30"), paris).note == (
        "Clocks in Europe/Paris pass over 02:30 on 2026-03-29: it will be 03:30."
    )
    assert resolve(_local("2026-10-25T02:30"), paris).note == (
        "Clocks in Europe/Paris show 02:30 twice on 2026-10-25: it will be the first time, not the second."
    )


@given(ZONES, LOCAL, st.sampled_from((0, 1)))
def test_what_clocks_show_at_the_instant_is_the_time_unless_they_pass_over_it(
    place: ZoneInfo, wall_clock: datetime, fold: int
) -> None:
    found = resolve(wall_clock, place, fold=fold)
    assert found.instant.astimezone(place).replace(tzinfo=None) == found.shown
    assert (found.shown == wall_clock) == (found.kind is not Kind.GAP)
    # Only the way from instants to local times is asked here, which has one answer always.
    around = {found.instant + timedelta(minutes=step) for step in range(-26 * 60, 26 * 60, 15)}
    others = {at for at in around if at.astimezone(place).replace(tzinfo=None) == wall_clock} - {found.instant}
    if found.kind is Kind.EXACT:
        assert not others
    if found.kind is Kind.OVERLAP and others:
        assert all((other < found.instant) == bool(fold) for other in others)


@given(ZONES, st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_comes_back_from_its_local_time(place: ZoneInfo, instant: datetime) -> None:
    wall_clock, fold = wall_clock_of(instant, place)
    assert resolve(wall_clock, place, fold=fold).instant == instant


@pytest.mark.parametrize(
    ("wall_clock", "place", "field", "said"),
    [
        ("2026-04-01T09:00", "Europe/Atlantis", "body.timezone", "Unknown time zone"),
        ("2026-04-01T09:00", "America.Indiana/Knox", "body.timezone", "Unknown time zone"),
        ("2026-04-01T09:00", "../UTC", "body.timezone", "Unknown time zone"),
        ("2026-04-01T09:00", "", "body.timezone", "Unknown time zone"),
        ("2026-04-01T09:00", "Europe", "body.timezone", "Unknown time zone"),
        ("2026-04-01T09:00", "Europe/Par\0is\ud800", "body.timezone", "Unknown time zone"),
        ("2026-03-01T13:00", "Europe/Paris", "body.wall_clock", "is past"),  # this very minute
        ("2200-01-01T09:00", "Europe/Paris", "body.wall_clock", "more than 731 days ahead"),
        ("9999-12-31T23:59", "America/New_York", None, "beyond any calendar"),
        ("0001-01-01T00:00", "Asia/Tokyo", None, "beyond any calendar"),
    ],
)  # fmt: skip
def test_what_nobody_can_plan_is_refused(wall_clock: str, place: str, field: str | None, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        schedule(_local(wall_clock), place, now=NOW)
    assert refused.value.details.get("field") == field
    assert refused.value.advice


def test_a_time_with_an_offset_is_no_wall_clock_time() -> None:
    with pytest.raises(BadInput, match="no offset"):
        resolve(datetime(2026, 4, 1, 9, tzinfo=timezone(timedelta(hours=2))), zones.zone("Europe/Paris"))


def test_what_is_planned_within_the_horizon_is_resolved() -> None:
    assert schedule(_local("2028-02-29T09:00"), "Europe/Paris", now=NOW).instant == datetime(2028, 2, 29, 8, tzinfo=UTC)


def test_other_zone_data_moves_what_is_to_come_and_nothing_else() -> None:
    # Mexico gave up summer time in October 2022 (tzdata 2022f): what was planned before for a later summer stood at
    # UTC-5.
    at_nine, winter = _local("2027-07-01T09:00"), _local("2027-12-01T09:00")
    former = [
        Kept(new_id(), at_nine, "America/Mexico_City", 0, "2022e", datetime(2027, 7, 1, 14, tzinfo=UTC)),
        Kept(new_id(), winter, "America/Mexico_City", 0, "2022e", datetime(2027, 12, 1, 15, tzinfo=UTC)),
        Kept(new_id(), at_nine, "Mexico/Atlantis", 0, "2022e", datetime(2027, 7, 1, 14, tzinfo=UTC)),
        Kept(new_id(), at_nine, "America/Mexico_City", 0, zones.VERSION, datetime(2027, 7, 1, 14, tzinfo=UTC)),
        Kept(new_id(), _local("2025-07-01T09:00"), "America/Mexico_City", 0, "2022e",
             datetime(2025, 7, 1, 14, tzinfo=UTC)),
    ]  # fmt: skip
    found = reresolve(former, now=NOW)
    assert [(row, to.instant) for row, to in found.moved] == [(former[0], datetime(2027, 7, 1, 15, tzinfo=UTC))]
    assert (found.same, found.lost) == ((former[1],), (former[2],))


def test_zones_are_those_of_the_package_whatever_the_machine_has(tmp_path: Path) -> None:
    machine = tmp_path / "Europe"
    machine.mkdir()
    (machine / "Paris").write_bytes(Path(tzdata.__file__).with_name("zoneinfo").joinpath("Asia/Tokyo").read_bytes())
    asked = "from zoneinfo import ZoneInfo; from datetime import datetime; {}; print(datetime(2026, 1, 1, tzinfo=ZoneInfo('Europe/Paris')).utcoffset())"  # noqa: E501
    shown = [
        subprocess.run([sys.executable, "-c", asked.format(first)], env={"PYTHONTZPATH": str(tmp_path)},
                       cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True).stdout.strip()
        for first in ("pass", "import clientnest", "ZoneInfo('Europe/Paris'); import clientnest")
    ]  # fmt: skip
    assert shown == ["9:00:00", "1:00:00", "1:00:00"]
