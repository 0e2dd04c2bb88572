"""How often one may ask: people, programs and addresses, what the answer says of it, and what a plan allows."""

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

import clientnest.settings
from api.manners import admission
from clientnest.cli import app as cli
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.entitlements import Limit, used
from clientnest.limits.ahead import Ahead
from tests.integration.manners.conftest import Application, Brand, bearer, make_brand


@pytest.fixture(autouse=True)
def _low(monkeypatch: pytest.MonkeyPatch, database: str) -> Iterator[None]:
    for who, rate in (("PERSON", "5/minute"), ("PROGRAM", "4/minute"), ("ADDRESS", "3/hour")):
        monkeypatch.setenv(f"CLIENTNEST_RATE_LIMIT_{who}", rate)
    clientnest.settings.forget()
    monkeypatch.setattr(admission, "_allowances", admission._Allowances())
    monkeypatch.setattr(admission, "_ahead", Ahead())
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(text("DELETE FROM app.rate_counter"))
    yield
    monkeypatch.undo()
    clientnest.settings.forget()


def _plan(*arguments: object) -> None:
    done = CliRunner().invoke(cli, ["plan", *map(str, arguments)])
    assert done.exit_code == 0, done.output


def _month(workspace_id: UUID) -> int:
    with session.tenant(Role.API, workspace_id=workspace_id) as connection:
        return used(connection, workspace_id, Limit.API_REQUESTS_PER_MONTH)


def test_one_too_many_is_told_when_it_will_not_be(application: Application, brand: Brand) -> None:
    processes, headers = [application.client(), application.client()], bearer(brand.owner)
    answers = [processes[n % 2].get(f"{brand.path}/things", headers=headers) for n in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"person";q=5;w=60'}
    stands = [re.fullmatch(r'"person";r=(\d+);t=(\d+)', answer.headers["ratelimit"]) for answer in answers]
    assert [stand and int(stand[1]) for stand in stands] == [4, 3, 2, 1, 0, 0]
    refused = answers[-1]
    problem = refused.json()
    assert (refused.headers["content-type"], problem["code"]) == ("application/problem+json", "too-many-requests")
    assert (problem["retryable"], problem["policy"]) == (True, "person")
    assert refused.headers["retry-after"] == str(problem["retry_after_seconds"])
    assert 55 <= problem["retry_after_seconds"] <= 61
    assert problem["request_id"] == refused.headers["x-request-id"]
    assert processes[0].get(f"{brand.path}/things", headers=bearer(brand.analyst)).status_code == 200


def test_whoever_shows_no_valid_proof_counts_by_address(application: Application, brand: Brand) -> None:
    client, path = application.client(), f"{brand.path}/things"
    assert client.get("/elsewhere").status_code == 404
    assert "ratelimit" not in client.get("/elsewhere").headers
    told = [
        client.get(path, headers=headers).status_code
        for headers in ({}, bearer("cnk_nothing"), bearer("not.a.token"), {}, bearer("cnk_other"))
    ]
    assert told == [401, 401, 401, 429, 429]
    assert client.get(path, headers=bearer(brand.owner)).status_code == 200


def test_a_programs_requests_count_for_its_key_its_plan_and_its_month(application: Application, brand: Brand) -> None:
    client, path, headers = application.client(), f"{brand.path}/things", bearer(brand.key)
    _plan("set", brand.workspace_id, "free")
    _plan("limit", brand.workspace_id, "api_requests_per_minute", 3)
    answers = [client.get(path, headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"program";q=4;w=60, "plan";q=3;w=60'
    assert answers[3].json()["policy"] == "plan"
    assert _month(brand.workspace_id) == 3
    assert client.get(path, headers=headers).json()["policy"] == "program"


def test_a_month_that_is_used_up_is_a_reached_limit(application: Application, brand: Brand) -> None:
    client, path, headers = application.client(), f"{brand.path}/things", bearer(brand.key)
    _plan("limit", brand.workspace_id, "api_requests_per_month", 2)
    answers = [client.get(path, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 403]
    problem = answers[2].json()
    assert (problem["code"], problem["limit"], problem["used"]) == ("limit-reached", "api_requests_per_month", 2)
    other = make_brand()
    assert client.get(f"{other.path}/things", headers=bearer(other.key)).status_code == 200


def test_counters_that_are_away_refuse_nobody(
    application: Application, brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENTNEST_RATE_LIMIT_URL", "redis://127.0.0.1:9/0")
    clientnest.settings.forget()
    client = application.client()
    answers = [client.get(f"{brand.path}/things", headers=bearer(brand.owner)) for _ in range(8)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].headers["ratelimit-policy"] == '"person";q=5;w=60'
    assert "ratelimit" not in answers[0].headers
