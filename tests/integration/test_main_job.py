"""The main job as a stranger meets it: one command starts everything, exports go in, results and models come out."""

import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

pytestmark = pytest.mark.timeout(900)
CLIENTNEST = (sys.executable, "-m", "clientnest.cli")
SERVICES = ("api", "dashboards", "dagster", "mlflow")
COLUMNS = (
    "Tweet id", "Tweet permalink", "Tweet text", "time", "impressions", "engagements", "engagement rate", "retweets",
    "replies", "likes", "user profile clicks", "url clicks", "hashtag clicks", "detail expands", "permalink clicks",
)  # fmt: skip


@dataclass
class Product:
    """A running installation: its address of each service, and the environment that leads a command to it."""

    addresses: dict[str, str]
    environment: dict[str, str]
    process: "subprocess.Popen[bytes]"
    log: Path

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*CLIENTNEST, *arguments], env=self.environment, cwd=self.log.parent, capture_output=True, text=True,
            check=False, timeout=240,
        )  # fmt: skip

    def as_owner(self) -> httpx.Client:
        return self._client(re.search(r"(owner@\S+)\s+password (\S+)", self.log.read_text()))

    def as_demo(self) -> httpx.Client:
        return self._client(re.search(r"(demo@\S+)\s+password (\S+)", self.log.read_text()))

    def _client(self, login: "re.Match[str] | None") -> httpx.Client:
        assert login is not None
        base = self.addresses["api"]
        answer = httpx.post(f"{base}/v1/auth/token", json={"email": login[1], "password": login[2]})
        token = answer.raise_for_status().json()["access_token"]
        return httpx.Client(base_url=base, headers={"authorization": f"Bearer {token}"}, timeout=30)


def eventually(what: str, check: Callable[[], Any], seconds: float) -> Any:
    """The first true answer of `check` within that time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := check():
            return answer
        time.sleep(1)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """`clientnest run` in an empty data folder, until its table of addresses."""
    folder = Path(tempfile.mkdtemp(prefix="cn-main-"))
    folder.chmod(0o711)
    ports = {service: _free_port() for service in SERVICES}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CLIENTNEST_")}
    environment = {**kept, "CLIENTNEST_HOME": str(folder / "home"), "COLUMNS": "160"}
    log = folder / "run.log"
    options = [option for service in SERVICES for option in (f"--{service}-port", str(ports[service]))]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*CLIENTNEST, "run", *options], env=environment, cwd=folder, stdout=output, stderr=output
        )
    addresses = {service: f"http://127.0.0.1:{port}" for service, port in ports.items()}
    started = Product(addresses, environment, process, log)
    try:
        eventually("the table of addresses", lambda: "ClientNest is up" in log.read_text() or process.poll(), 400)
        yield started
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


def test_every_address_of_the_table_answers(product: Product) -> None:
    table = product.log.read_text()
    for service in SERVICES:
        assert product.addresses[service] in table
        assert httpx.get(product.addresses[service], follow_redirects=True, timeout=30).status_code == 200
    assert httpx.get(f"{product.addresses['api']}/readyz").json()["status"] == "ready"


def test_an_import_is_in_the_api_within_a_minute_and_once_more_changes_nothing(
    product: Product, months: list[Path]
) -> None:
    began = time.monotonic()
    first = product.command("import", "--json", *map(str, months))
    assert first.returncode == 0, first.stderr
    assert time.monotonic() - began < 120  # a minute on a quiet machine; a test is not a benchmark
    files = json.loads(first.stdout)["files"]
    assert [(f["format"], f["rows"], f["accepted"], f["posts"], f["snapshots"]) for f in files] == [
        ("x_analytics_2016", 20, 20, 20, 20)
    ] * 3
    with product.as_owner() as owner:
        before = _results(owner)
        again = product.command("import", "--json", *map(str, reversed(months)))
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
    posts = owner.get(f"{base}/posts", params={"limit": 100}).raise_for_status().json()["items"]
    return accounts, [{key: value for key, value in post.items() if key != "age_hours"} for post in posts]


def test_a_refused_file_is_explained_and_leaves_everything_as_it_was(product: Product, tmp_path: Path) -> None:
    picture = tmp_path / "results.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    with product.as_owner() as owner:
        before = _results(owner)
        refused = product.command("import", str(picture))
        assert refused.returncode == 1
        assert "results.csv" in refused.stdout + refused.stderr
        assert "Traceback" not in refused.stdout + refused.stderr
        assert _results(owner) == before


def test_dagster_shows_the_whole_graph_materialised_and_mlflow_the_runs_with_baselines(product: Product) -> None:
    def unmaterialised() -> set[str]:
        query = "{assetNodes{groupName assetKey{path} isMaterializable assetMaterializations(limit:1){runId}}}"
        answer = httpx.post(f"{product.addresses['dagster']}/graphql", json={"query": query}, timeout=60).json()
        nodes = [node for node in answer["data"]["assetNodes"] if node["isMaterializable"]]
        assert len(nodes) > 20
        return {"/".join(node["assetKey"]["path"]) for node in nodes if not node["assetMaterializations"]}

    eventually("every asset is materialised", lambda: not unmaterialised(), 300)
    mlflow = f"{product.addresses['mlflow']}/api/2.0/mlflow"
    experiments = httpx.post(f"{mlflow}/experiments/search", json={"max_results": 100}).json()["experiments"]
    identifiers = [found["experiment_id"] for found in experiments if found["name"] == "performance"]
    runs = httpx.post(f"{mlflow}/runs/search", json={"experiment_ids": identifiers}).json()["runs"]
    metrics = {metric["key"] for metric in runs[0]["data"]["metrics"]}
    assert {"model_mae_log1p", "account_mean_mae_log1p", "last_10_mae_log1p"} <= metrics


def test_a_real_workspace_never_answers_with_the_demo_model(product: Product) -> None:
    with product.as_owner() as owner, product.as_demo() as demo:
        assert [w["slug"] for w in demo.get("/v1/workspaces").json()["items"]] == ["demo"]
        workspace = next(w for w in owner.get("/v1/workspaces").json()["items"] if w["slug"] == "home")
        account = owner.get(f"/v1/workspaces/{workspace['id']}/accounts").json()["items"][0]
        draft = {"account_id": account["account_id"], "text": "A new post", "planned_at": "2026-05-01T09:00:00Z"}
        answer = owner.post(f"/v1/workspaces/{workspace['id']}/predict", json={"drafts": [draft]})
        assert answer.status_code == 200, answer.text
        assert answer.json()["items"][0]["source"] == "account_average"


def test_ctrl_c_ends_every_process(product: Product) -> None:
    """The last test of this file: it stops the product."""
    product.process.send_signal(signal.SIGINT)
    assert product.process.wait(60) == 0
    home = product.environment["CLIENTNEST_HOME"]
    left = [process for process in psutil.process_iter() if _belongs(process, home)]
    assert left == []
    assert "Your data is kept" in product.log.read_text()


def _belongs(process: psutil.Process, home: str) -> bool:
    try:
        return process.environ().get("CLIENTNEST_HOME") == home
    except psutil.Error:
        return False
