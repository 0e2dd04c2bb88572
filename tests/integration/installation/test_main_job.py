"""The main job as a stranger meets it: one command starts everything, exports go in, results and models come out."""

import csv
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from clientnest.stack import record
from clientnest.stack.health import graphql
from tests.integration.installation.conftest import PATHS, Installation, until

pytestmark = pytest.mark.timeout(1200)
LOADED = "{workspaceOrError{... on Workspace{locationEntries{locationOrLoadError{__typename}}}}}"
COLUMNS = (
    "Tweet id", "Tweet permalink", "Tweet text", "time", "impressions", "engagements", "engagement rate", "retweets",
    "replies", "likes", "user profile clicks", "url clicks", "hashtag clicks", "detail expands", "permalink clicks",
)  # fmt: skip


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three monthly exports of one X account that overlap: 20 posts each, 10 of them in the next file again."""
    folder = tmp_path_factory.mktemp("exports")
    made = []
    for month in range(3):
        end = datetime(2026, 2 + month, 1, tzinfo=UTC)
        path = folder / f"tweet_activity_metrics_brand_2026{1 + month:02}01_{end:%Y%m%d}_en.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, restval="-", quoting=csv.QUOTE_ALL)
            writer.writeheader()
            for n in range(10 * month, 10 * month + 20):
                published = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=n)
                identifier = str((int(published.timestamp() * 1000) - 1288834974657) << 22)
                writer.writerow(
                    {
                        "Tweet id": identifier,
                        "Tweet permalink": f"https://twitter.com/Brand/status/{identifier}",
                        "Tweet text": f"Post {n} ☕\nwith a second line",
                        "time": f"{published:%Y-%m-%d %H:%M} +0000",
                        "impressions": f"{1000 + n + month}.0",
                        "likes": f"{n}.0",
                        "retweets": "1.0",
                        "replies": "0.0",
                    }
                )
        made.append(path)
    return made


def test_the_first_start_shows_where_everything_is_and_all_of_it_answers(installation: Installation) -> None:
    said = installation.output
    for part in ("Dashboards", "API docs", "Dagster", "MLflow", "Demo login", "Owner login", "Import", "Stop"):
        assert part in said
    assert "shown this once" in said
    assert str(installation.home) in said
    assert "Traceback" not in said
    for service in PATHS:
        assert installation.address(service) in said
        assert httpx.get(installation.address(service), follow_redirects=True, timeout=30).status_code == 200
    assert httpx.get(f"{installation.address('api')}/readyz").json()["status"] == "ready"
    answer = graphql(record.port_of(installation.noted(), "dagster"), LOADED)
    assert answer is not None
    (location,) = answer["workspaceOrError"]["locationEntries"]
    assert location["locationOrLoadError"]["__typename"] == "RepositoryLocation"


def test_an_import_is_in_the_api_within_a_minute_and_once_more_changes_nothing(
    installation: Installation, months: list[Path]
) -> None:
    began = time.monotonic()
    first = installation.clientnest("import", "--json", *map(str, months))
    assert first.returncode == 0, first.stderr
    assert time.monotonic() - began < 120  # a minute on a quiet machine; a test is not a benchmark
    files = json.loads(first.stdout)["files"]
    assert [(f["format"], f["rows"], f["accepted"], f["posts"], f["snapshots"]) for f in files] == [
        ("x_analytics_2016", 20, 20, 20, 20)
    ] * 3
    with installation.signed_in("owner") as owner:
        before = _results(owner)
        again = installation.clientnest("import", "--json", *map(str, reversed(months)))
        assert again.returncode == 0, again.stderr
        assert [f["accepted"] for f in json.loads(again.stdout)["files"]] == [20, 20, 20]
        assert _results(owner) == before
    account, posts = before
    assert [(a["network"], a["external_id"], a["posts"]) for a in account] == [("x", "brand", 40)]
    latest_capture = {n: max(m for m in range(3) if 10 * m <= n < 10 * m + 20) for n in range(40)}
    assert sorted(post["metrics"]["impressions"] for post in posts) == sorted(
        1000 + n + latest_capture[n] for n in range(40)
    )


def _results(owner: httpx.Client) -> tuple[Any, Any]:
    """Accounts and posts of the owner's own workspace, without the times at which they were loaded."""
    workspace = next(w for w in owner.get("/v1/workspaces").json()["items"] if w["slug"] == "home")
    base = f"/v1/workspaces/{workspace['id']}"
    accounts = owner.get(f"{base}/accounts").raise_for_status().json()["items"]
    posts = owner.get(f"{base}/insights/posts", params={"limit": 100}).raise_for_status().json()["items"]
    return accounts, [{key: value for key, value in post.items() if key != "age_hours"} for post in posts]


def test_a_refused_file_is_explained_and_leaves_everything_as_it_was(
    installation: Installation, tmp_path: Path
) -> None:
    picture = tmp_path / "results.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    with installation.signed_in("owner") as owner:
        before = _results(owner)
        refused = installation.clientnest("import", str(picture))
        assert refused.returncode == 1
        assert "results.csv" in refused.stdout + refused.stderr
        assert "Traceback" not in refused.stdout + refused.stderr
        assert _results(owner) == before


def test_dagster_shows_the_whole_graph_materialised_and_mlflow_the_runs_with_baselines(
    installation: Installation,
) -> None:
    def unmaterialised() -> set[str]:
        query = "{assetNodes{groupName assetKey{path} isMaterializable assetMaterializations(limit:1){runId}}}"
        answer = httpx.post(f"{installation.address('dagster')}/graphql", json={"query": query}, timeout=60).json()
        nodes = [node for node in answer["data"]["assetNodes"] if node["isMaterializable"]]
        assert len(nodes) > 20
        return {"/".join(node["assetKey"]["path"]) for node in nodes if not node["assetMaterializations"]}

    until(lambda: not unmaterialised(), 300)
    mlflow = f"{installation.address('mlflow')}/api/2.0/mlflow"
    experiments = httpx.post(f"{mlflow}/experiments/search", json={"max_results": 100}).json()["experiments"]
    identifiers = [found["experiment_id"] for found in experiments if found["name"] == "performance"]
    runs = httpx.post(f"{mlflow}/runs/search", json={"experiment_ids": identifiers}).json()["runs"]
    metrics = {metric["key"] for metric in runs[0]["data"]["metrics"]}
    assert {"model_mae_log1p", "account_mean_mae_log1p", "last_10_mae_log1p"} <= metrics


def test_a_real_workspace_never_answers_with_the_demo_model(installation: Installation) -> None:
    with installation.signed_in("owner") as owner, installation.signed_in("demo") as demo:
        assert [w["slug"] for w in demo.get("/v1/workspaces").json()["items"]] == ["demo"]
        workspace = next(w for w in owner.get("/v1/workspaces").json()["items"] if w["slug"] == "home")
        account = owner.get(f"/v1/workspaces/{workspace['id']}/accounts").json()["items"][0]
        draft = {"account_id": account["account_id"], "text": "A new post", "planned_at": "2026-05-01T09:00:00Z"}
        answer = owner.post(f"/v1/workspaces/{workspace['id']}/predict", json={"drafts": [draft]})
        assert answer.status_code == 200, answer.text
        assert answer.json()["items"][0]["source"] == "account_average"
