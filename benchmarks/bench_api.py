"""What the API's manners cost: a page of 50 posts read through all of it, beside the least that could answer.

One process each, on one machine with the database and the load generator. "Bare" is `benchmarks.bare`: the same server
and driver, one query for the same 50 rows as their owner, without sign-in, tenants, limits or log. The product
runs as `make run` starts it. Both are asked in turns; then the product alone at an even rate, again with twenty people a
second signing in beside it, and on a second database of 2,000 workspaces and a million posts in turns with the first.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.dialects import postgresql

from benchmarks import brands, load
from benchmarks.harness import Figure, at_least, at_most, installation, median, report
from benchmarks.load import Outcome, Plan
from benchmarks.servers import bare, product
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import issue_token
from clientnest.warehouse import serve
from clientnest.warehouse.serve import views

POSTS = 500  # of a brand
ROWS = 50
BRANDS = 2_000
CONNECTIONS = 32
RATE = 100
LOGINS = 20
_PATH = f"/v1/workspaces/{brands.workspace(0)}/insights/posts?limit={ROWS}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brands", type=int, default=BRANDS)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with installation() as home:
        brands.make_brands(home, 1, POSTS)
        few, many = _queries(10), _queries(ROWS)
        with product() as server, bare(_query(), str(brands.workspace(0))) as other:
            plans = {
                "product": Plan(server.port, _PATH, options.seconds, CONNECTIONS, tokens=signed_in()),
                "bare": Plan(other.port, "/posts", options.seconds, CONNECTIONS),
            }
            read = in_turns(plans, options.repeats)
            steady = load.run(Plan(server.port, _PATH, 4 * options.seconds, 64, RATE, tokens=signed_in()))[0]
            beside = _beside_logins(server.port, 4 * options.seconds)
            with _second(options.brands) as large:
                tenants = in_turns(
                    {"one": plans["product"], "many": Plan(large, _PATH, options.seconds, CONNECTIONS, tokens=signed_in())},
                    options.repeats,
                )  # fmt: skip
    for outcomes in (*read.values(), *tenants.values(), [steady, *beside.values()]):
        for outcome in outcomes:
            if set(outcome.statuses) != {"200"}:
                sys.exit(f"Not every request was answered: {outcome}")
    how = f"{ROWS} posts, {CONNECTIONS} connections, median of {options.repeats} turns of {options.seconds:g} s"
    report(
        "api",
        [
            at_least("requests a second, of a bare handler's", ratio(read, "product", "bare", "per_second"), "×", 0.5, how),
            at_most("… the time 95% wait less than, over a bare handler's", ratio(read, "product", "bare", "p95"), "×", 2.5,
                    how),
            Figure("… in requests a second", median([one.per_second for one in read["product"]]), "/s", how=how),
            at_most(f"95% wait less than, at {RATE} requests a second", 1000 * steady.p95, "ms", 50,
                    "arrivals at an even rate, timed from their appointed times"),
            at_most("… while 20 people a second sign in", 1000 * beside["reads"].p95, "ms", 100,
                    f"{beside['logins'].per_second:.1f} sign-ins a second, 95% within {beside['logins'].p95:.2f} s"),
            at_most("queries for 50 rows more than for 10", many - few, "", 0, f"{many} each"),
            at_most(f"the same read beside {options.brands:,} workspaces, over a database of one",
                    ratio(tenants, "one", "many", "per_second"), "×", 1.3,
                    f"{options.brands * POSTS:,} posts; {how}"),
        ],
        {
            "read": plain(read), "tenants": plain(tenants), "steady": shown(steady),
            "beside": {name: shown(outcome) for name, outcome in beside.items()},
        },
    )  # fmt: skip


def in_turns(plans: Mapping[str, Plan], repeats: int) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {name: [] for name in plans}
    for repeat in range(repeats):
        for name in list(plans) if repeat % 2 == 0 else list(reversed(plans)):
            found[name].extend(load.run(plans[name]))
            last = found[name][-1]
            print(f"  {name}: {last.per_second:.0f}/s, p95 {1000 * last.p95:.1f} ms, generator {last.cpu:.0%}",
                  file=sys.stderr, flush=True)  # fmt: skip
    return found


def _beside_logins(port: int, seconds: float) -> dict[str, Outcome]:
    """Reads at their even rate while people sign in, each with the right password."""
    bodies = [
        json.dumps({"email": f"member{number}@example.org", "password": brands.PASSWORD})
        for number in range(brands.MEMBERS)
    ]
    reads, logins = load.run(
        Plan(port, _PATH, seconds, 64, RATE, tokens=signed_in()),
        Plan(port, "/v1/auth/token", seconds, 64, LOGINS, many_places=True, bodies=bodies),
    )
    return {"reads": reads, "logins": logins}


def ratio(found: Mapping[str, list[Outcome]], over: str, under: str, what: str) -> float:
    return median([getattr(a, what) / getattr(b, what) for a, b in zip(found[over], found[under], strict=True)])


def shown(outcome: Outcome) -> dict[str, Any]:
    return {name: getattr(outcome, name) for name in Outcome.__slots__}


def plain(found: Mapping[str, list[Outcome]]) -> dict[str, Any]:
    return {name: [shown(outcome) for outcome in outcomes] for name, outcomes in found.items()}


def signed_in() -> list[str]:
    """Tokens of the first brand's team: each asks as often as people and their programs may."""
    return [issue_token(brands.member(number)) for number in range(brands.MEMBERS)]


def _queries(rows: int) -> int:
    """How many statements a page of so many rows takes."""
    asked: list[str] = []
    engine = session.engine(Role.API)
    listener = lambda *given: asked.append(given[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listener)
    with session.tenant(Role.API, workspace_id=brands.workspace(0)) as connection:
        found = serve.posts(connection, limit=rows)
    event.remove(engine, "before_cursor_execute", listener)
    if len(found.items) != rows:
        sys.exit(f"The benchmark's brand gives {len(found.items)} posts instead of {rows}.")
    return len(asked)


@contextmanager
def _second(count: int) -> Iterator[int]:
    """The product again, on a database of its own with many brands; gives its port."""
    with installation() as home:
        brands.make_brands(home, count, POSTS)
        with product() as server:
            yield server.port


def _query() -> str:
    """The statement that gives a page of posts, with its values written out."""
    view = select(*views.post.c).order_by(views.post.c.published_at.desc().nulls_last(), views.post.c.post_id.desc())
    return str(view.limit(ROWS).compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))


if __name__ == "__main__":
    main()
