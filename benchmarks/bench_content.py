"""What planning costs: a month of the calendar beside the least that could answer, a large month, search, bulk files.

The calendar runs as `bench_api` has it: the product as `make run` starts it, and `benchmarks.bare` with three queries
for the same variants, posts and slots, asked in turns. Search runs over 1,800 workspaces of 500 posts and one of 100,000, with questions of
several kinds, each at an even rate; the figure is that of the slowest kind. A file of posts is sent as people send it.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx

from benchmarks import brands, load, posts
from benchmarks.bench_api import in_turns, plain, ratio, shown, signed_in
from benchmarks.harness import Figure, at_least, at_most, installation, median, report
from benchmarks.load import Outcome, Plan
from benchmarks.servers import bare, product
from clientnest.db.roles import Role
from clientnest.identity import issue_token

MONTH, LARGE_MONTH, VARIANTS = 50, 2_000, 2
SMALL, EACH, LARGE = 1_800, 500, 100_000  # workspaces that are searched, and their posts; one that is large
ROWS = 5_000
CONNECTIONS, RATE, SEARCH_RATE = 32, 100, 10
LARGE_AT, SMALL_AT, BULK_AT = 1_000, 1_001, 900
QUESTIONS = {
    "a word in most posts": posts.word(1), "a word in some": posts.word(60), "a rare word": posts.word(19_990),
    "no word at all": "zzyzx", "a part of a word": posts.word(700)[1:-1], "two words": f"{posts.word(40)} {posts.word(3)}",
    "a common character": posts.CHARACTERS[5], "two characters": posts.CHARACTERS[8:10],
    "four characters": posts.CHARACTERS[20:24], "the beginning of a word": posts.word(90)[:2],
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspaces", type=int, default=SMALL)
    parser.add_argument("--large", type=int, default=LARGE)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with installation() as home:
        brands.make_brands(home, 2, 500)
        posts.make_slots(0, 2)
        for number, size in ((0, MONTH), (1, LARGE_MONTH)):
            posts.make_posts(number, 1, size, variants=VARIANTS, days=30)
        posts.make_workspaces(BULK_AT, 1)
        with product() as server:
            month, steady, large_month = _months(server.port, options.seconds, options.repeats)
            bulk = [_send_file(server.port, turn) for turn in range(3)]
            posts.make_workspaces(LARGE_AT, 1 + options.workspaces)
            posts.make_posts(LARGE_AT, 1, options.large, variants=1, days=700)
            posts.make_posts(SMALL_AT, options.workspaces, EACH, variants=1, days=700)
            found = {
                place: {kind: _search(server.port, number, asked, options.seconds) for kind, asked in QUESTIONS.items()}
                for place, number in (("small", SMALL_AT + options.workspaces // 2), ("large", LARGE_AT))
            }
    outcomes = [*(one for each in month.values() for one in each), steady, large_month]
    for outcome in (*outcomes, *(one for kinds in found.values() for one in kinds.values())):
        if set(outcome.statuses) != {"200"}:
            sys.exit(f"Not every request was answered: {outcome}")
    report(
        "content",
        _figures(month, steady, large_month, bulk, found, options),
        {
            "month": plain(month), "steady": shown(steady), "large_month": shown(large_month), "bulk": bulk,
            "search": {place: {kind: shown(one) for kind, one in kinds.items()} for place, kinds in found.items()},
        },
    )  # fmt: skip


def _months(port: int, seconds: float, repeats: int) -> tuple[dict[str, list[Outcome]], Outcome, Outcome]:
    """A month in turns with the bare handler, then alone at an even rate, then a large one."""
    path, large = (f"/v1/workspaces/{brands.workspace(number)}/calendar" for number in (0, 1))
    with bare(_queries(), str(brands.workspace(0)), Role.MIGRATE) as other:
        plans = {
            "product": Plan(port, path, seconds, CONNECTIONS, tokens=signed_in()),
            "bare": Plan(other.port, "/posts", seconds, CONNECTIONS),
        }
        month = in_turns(plans, repeats)
    steady = load.run(Plan(port, path, 4 * seconds, 64, RATE, tokens=signed_in()))[0]
    return month, steady, load.run(Plan(port, large, 4 * seconds, 1, tokens=[issue_token(brands.owner(1))]))[0]


def _figures(
    month: Mapping[str, list[Outcome]], steady: Outcome, large_month: Outcome, bulk: Sequence[float],
    found: Mapping[str, Mapping[str, Outcome]], options: argparse.Namespace,
) -> list[Figure]:  # fmt: skip
    how = f"{MONTH} posts of {VARIANTS} variants, {CONNECTIONS} connections, median of {options.repeats} turns"
    total = options.large + options.workspaces * EACH
    return [
        at_least("a month of the calendar: requests a second, of a bare handler's",
                 ratio(month, "product", "bare", "per_second"), "×", 0.5, how),
        at_most("… the time 95% wait less than, over a bare handler's", ratio(month, "product", "bare", "p95"), "×",
                2.5, how),
        Figure("… in requests a second", median([one.per_second for one in month["product"]]), "/s", how=how),
        at_most(f"… 95% wait less than, at {RATE} requests a second", 1000 * steady.p95, "ms", 50,
                "arrivals at an even rate, timed from their appointed times"),
        at_most(f"a month of {LARGE_MONTH:,} posts, 95% wait less than", 1000 * large_month.p95, "ms", 150,
                f"{VARIANTS} variants each, one connection"),
        at_most("search, 95% wait less than", 1000 * _slowest(found["small"]), "ms", 100,
                f"a workspace of {EACH} posts among {total:,}, the slowest of {len(QUESTIONS)} kinds of questions"),
        at_most("… in a workspace of many posts", 1000 * _slowest(found["large"]), "ms", 100,
                f"of {options.large:,} posts among {total:,}, the slowest kind"),
        at_most(f"a file of {ROWS:,} posts, scheduled in one transaction", median(bulk), "s", 10,
                "sent by HTTP, median of 3 files"),
    ]  # fmt: skip


def _search(port: int, place: int, asked: str, seconds: float) -> Outcome:
    path = f"/v1/workspaces/{brands.workspace(place)}/posts?q={quote(asked)}"
    tokens = [issue_token(posts.colleague(place, number)) for number in range(posts.MEMBERS)]
    load.run(Plan(port, path, 1, 1, SEARCH_RATE, tokens=tokens))
    found = load.run(Plan(port, path, seconds, 8, SEARCH_RATE, tokens=tokens))[0]
    print(f"  {asked}: p95 {1000 * found.p95:.1f} ms", file=sys.stderr, flush=True)
    return found


def _slowest(kinds: Mapping[str, Outcome]) -> float:
    return max(one.p95 for one in kinds.values())


def _send_file(port: int, turn: int) -> float:
    """Seconds until a file of posts is scheduled."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    lines = [
        f"{tomorrow + timedelta(hours=3 * number):%Y-%m-%d,%H:%M},"
        f'"Number {number} of file {turn}: what we did this week, and why. #brand",brand{BULK_AT}_{number % 5}'
        for number in range(ROWS)
    ]
    file = "\n".join(["date,time,text,account", *lines]).encode()
    headers = {"Authorization": f"Bearer {issue_token(posts.colleague(BULK_AT, turn))}"}
    started = time.perf_counter()
    answer = httpx.post(
        f"http://127.0.0.1:{port}/v1/workspaces/{brands.workspace(BULK_AT)}/posts/bulk", timeout=120, headers=headers,
        files={"file": ("posts.csv", file)}, data={"dry_run": "false"},
    )  # fmt: skip
    if answer.status_code != 201 or answer.json()["scheduled"] != ROWS:
        sys.exit(f"The file was not scheduled: {answer.text[:500]}")
    return time.perf_counter() - started


def _queries() -> str:
    """The statements that give a month of variants, their posts, and the slots, to their owner: of slots nothing says
    yet when they come, and which are free."""
    workspace = brands.workspace(0)
    period = "v.scheduled_at >= now() AND v.scheduled_at < now() + interval '31 days'"
    return f"""
        SELECT v.id, v.account_id, a.network, a.display_name, v.state, v.state_since, v.local_time, v.timezone, v.fold,
            v.scheduled_at, v.slot_at IS NOT NULL AS in_slot, left(v.content #>> '{{parts,0,text}}', 200) AS excerpt,
            length(v.content #>> '{{parts,0,text}}') AS text_length, v.post_id
        FROM app.post_variant v
        JOIN app.account a ON a.workspace_id = v.workspace_id AND a.id = v.account_id
        WHERE v.workspace_id = '{workspace}' AND {period} ORDER BY v.scheduled_at, v.id;
        SELECT p.id, p.title, p.campaign_id, p.revision, p.updated_at, array_agg(v.state) AS states
        FROM app.post p JOIN app.post_variant v ON v.workspace_id = p.workspace_id AND v.post_id = p.id
        WHERE p.workspace_id = '{workspace}' AND {period} GROUP BY p.workspace_id, p.id;
        SELECT s.id, s.account_id, s.weekday, s.local_time, s.timezone FROM app.queue_slot s
        WHERE s.workspace_id = '{workspace}' ORDER BY s.account_id, s.weekday, s.local_time"""


if __name__ == "__main__":
    main()
