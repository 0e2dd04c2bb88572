"""Learning end to end: real marts, a real MLflow server, a gate that holds, and drafts served from the champion."""

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import mlflow
import numpy as np
import polars as pl
import pytest
from mlflow import MlflowClient
from psycopg2.extensions import connection as Connection
from sqlalchemy import text

from clientnest.db.roles import Role
from clientnest.db.session import etl, tenant
from clientnest.errors import BadInput, NotFound, Unavailable
from clientnest.ids import new_id
from clientnest.warehouse import serve
from ml import marts
from ml.evaluation.gate import MINIMUM_POSTS
from ml.features import Target, build
from ml.models.performance.model import MODEL_COLUMNS
from ml.models.performance.saved import load
from ml.serving import Draft, Predictor
from ml.tracking import CHALLENGER, CHAMPION, registered_name
from ml.training import train_workspace
from tests.integration.ml.conftest import UNTIL, Learned

pytestmark = pytest.mark.timeout(900)  # the first test waits for dbt, MLflow and the trainings
PLANNED = UNTIL + timedelta(days=2, hours=18)
SOON = 60.0  # seconds within which a new champion has to serve


def _rows(connection: Connection, workspace_id: UUID, query: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, (str(workspace_id),))
        return cursor.fetchall()


_RUNS = "SELECT metrics ->> 'target', outcome, reason, model_name, model_version, posts FROM ml.training_run " \
    "WHERE workspace_id = %s AND family = 'performance' ORDER BY created_at DESC"  # fmt: skip
_TIMES = "SELECT count(*), count(DISTINCT account_id) FROM ml.best_time WHERE workspace_id = %s"


def test_a_model_that_beats_both_baselines_becomes_champion(learned: Learned) -> None:
    with etl() as connection:
        runs = _rows(connection, learned.demo, _RUNS)
    target, outcome, reason, name, version, posts = runs[0]
    assert (target, outcome) == ("total", "champion")
    assert name == registered_name(learned.demo)
    assert "beat the account's average" in str(reason)
    client = MlflowClient(learned.mlflow.uri, learned.mlflow.uri)
    held = client.get_model_version_by_alias(str(name), CHAMPION)
    assert held.version == version
    assert CHALLENGER not in client.get_registered_model(str(name)).aliases
    assert {run[0] for run in runs} == {"total", "24h", "7d"}  # hourly captures support all three
    assert posts == len(_mature(learned.demo))


def _mature(workspace_id: UUID) -> list[tuple[object, ...]]:
    query = (
        "SELECT post_id FROM marts.fct_post_performance WHERE workspace_id = %s AND is_mature "
        "AND engagement IS NOT NULL AND NOT is_repost"
    )
    with etl() as connection:
        return _rows(connection, workspace_id, query)


def test_mlflow_tells_the_story(learned: Learned) -> None:
    row = learned.outcomes[learned.demo].performance[0]
    client = MlflowClient(learned.mlflow.uri, learned.mlflow.uri)
    run = client.get_run(str(row.mlflow_run_id))
    assert client.get_experiment(run.info.experiment_id).name == "performance"
    assert run.data.tags["workspace_id"] == str(learned.demo)
    assert run.data.tags["demo"] == "true"
    assert {"data_fingerprint", "data_from", "data_to", "posts", "seed"} <= set(run.data.params)
    for name in ("model", "account_mean", "last_10", "overall_mean"):
        assert run.data.metrics[f"{name}_mae_log1p"] > 0
    assert run.data.metrics["model_mae_log1p"] < run.data.metrics["account_mean_mae_log1p"]
    assert run.data.metrics["error_gain_over_last_10_low"] > 0
    assert 0.6 < run.data.metrics["coverage_80"] < 0.95
    card = client.get_model_version(str(row.model_name), str(row.model_version)).description
    assert card is not None
    assert "generated demo data" in card
    hours = client.get_run(str(learned.outcomes[learned.demo].best_times.mlflow_run_id))
    assert client.get_experiment(hours.info.experiment_id).name == "best-times"
    assert {"model_uplift", "habit_uplift", "global_uplift", "realised_low"} <= set(hours.data.metrics)


def test_any_mlflow_user_can_load_the_champion_by_alias(learned: Learned) -> None:
    mlflow.set_tracking_uri(learned.mlflow.uri)
    mlflow.set_registry_uri(learned.mlflow.uri)
    model = mlflow.pyfunc.load_model(f"models:/{registered_name(learned.demo)}@{CHAMPION}")
    assert set(model.metadata.get_input_schema().input_names()) == set(MODEL_COLUMNS)
    assert model.metadata.get_output_schema().input_names() == ["prediction", "low", "high", "baseline"]
    example = model.input_example
    assert example is not None
    with etl() as connection:
        posts = marts.read_posts(connection, learned.demo)
    assert example["document"][0] not in (posts["text"] + "\n" + posts["title"]).to_list()  # nobody's words
    features = build(posts, history=posts).tail(40)
    given = features.select(MODEL_COLUMNS).with_columns(pl.selectors.numeric().cast(pl.Float64)).to_pandas()
    given["has_link"] = given["has_link"].astype(bool)
    answer = model.predict(given)
    assert (answer["low"] <= answer["prediction"]).all()
    assert (answer["prediction"] <= answer["high"]).all()
    assert np.isfinite(answer.to_numpy()).all()


def test_chance_is_refused_and_says_why(learned: Learned) -> None:
    for row in learned.outcomes[learned.chance].performance:
        assert (row.outcome, row.model_name, row.model_version) == ("not_better", None, None)
        assert "did not beat" in row.reason
        assert row.baselines["account_mean"]["mae_log1p"] > 0
        assert row.mlflow_run_id is not None
    assert learned.outcomes[learned.chance].best_times.outcome == "not_better"
    client = MlflowClient(learned.mlflow.uri, learned.mlflow.uri)
    names = {model.name for model in client.search_registered_models()}
    assert not [name for name in names if str(learned.chance) in name]
    with etl() as connection:
        assert _rows(connection, learned.chance, _TIMES) == [(0, 0)]


def test_too_few_posts_say_how_many_are_missing(learned: Learned) -> None:
    small, empty = learned.outcomes[learned.small], learned.outcomes[learned.empty]
    assert [row.outcome for row in (*small.performance, small.best_times)] == ["too_few_posts"] * 2
    assert "30 posts have a final result" in small.performance[0].reason
    assert str(MINIMUM_POSTS) in small.performance[0].reason
    assert [row.outcome for row in (*empty.performance, empty.best_times)] == ["too_few_posts"] * 2


def test_the_screens_read_what_training_left(learned: Learned) -> None:
    with tenant(Role.DASHBOARDS, workspace_id=learned.demo) as connection:
        found = {run.family: run for run in serve.latest_training_runs(connection)}
        accounts = [account.account_id for account in serve.accounts(connection)]
        assert found["performance"].outcome == "champion"
        assert found["performance"].metrics["target"] == "total"
        assert found["best_times"].outcome in {"champion", "not_better"}
        times = serve.best_times(connection, accounts[0])
        assert len(times.hours) == (168 if found["best_times"].outcome == "champion" else 0)
    with tenant(Role.DASHBOARDS, workspace_id=learned.small) as connection:
        assert {run.outcome for run in serve.latest_training_runs(connection)} == {"too_few_posts"}


def test_training_again_gives_the_same_figures_and_the_next_version(learned: Learned) -> None:
    before = learned.outcomes[learned.demo]
    unknown = pl.lit(None, dtype=pl.Float64)
    with etl() as connection:
        posts = marts.read_posts(connection, learned.demo)
        totals = posts.with_columns(engagement_24h=unknown, engagement_7d=unknown)
        again = train_workspace(learned.demo, totals, tracking_uri=learned.mlflow.uri, connection=connection, demo=True)
    old, (new,) = before.performance[0], again.performance
    assert new.metrics == old.metrics
    assert new.comparison == old.comparison
    assert int(str(new.model_version)) == int(str(old.model_version)) + 1
    assert again.best_times.metrics == before.best_times.metrics
    with etl() as connection:
        (rows, accounts), *_ = _rows(connection, learned.demo, _TIMES)
    assert rows == 168 * int(str(accounts))


def test_nothing_is_recorded_when_mlflow_is_away(learned: Learned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with etl() as connection:
        posts = marts.read_posts(connection, learned.chance)
        before = _rows(connection, learned.chance, _RUNS)
    with pytest.raises(Unavailable, match="MLflow"), etl() as connection:
        train_workspace(learned.chance, posts, tracking_uri="http://127.0.0.1:9", connection=connection)
    with etl() as connection:
        assert _rows(connection, learned.chance, _RUNS) == before


def test_marts_become_canonical_posts(learned: Learned) -> None:
    with etl() as connection:
        posts = marts.read_posts(connection, learned.demo)
        rows = _rows(
            connection, learned.demo,
            "SELECT p.post_id::text, p.published_at, p.text, p.has_link, a.timezone, r.engagement::float8, "
            "r.engagement_24h FROM marts.dim_post p JOIN marts.fct_post_performance r USING (workspace_id, post_id) "
            "JOIN marts.dim_account a ON a.account_id = p.account_id AND a.workspace_id = p.workspace_id "
            "WHERE p.workspace_id = %s AND NOT p.is_repost AND p.published_at IS NOT NULL",
        )  # fmt: skip
    held = {row["post_id"]: row for row in posts.iter_rows(named=True)}
    assert len(held) == len(rows) > 500
    for post_id, published_at, words, has_link, timezone, engagement, at_24h in rows:
        row = held[str(post_id)]
        assert (row["published_at"], row["text"], row["has_link"]) == (published_at, words or "", has_link)
        assert (row["timezone"], row["engagement"]) == (timezone, engagement)
        assert row["engagement_24h"] == (None if at_24h is None else pytest.approx(at_24h))


def test_targets_are_learned_from_their_own_column(learned: Learned) -> None:
    rows = {row.metrics["target"]: row for row in learned.outcomes[learned.demo].performance}
    assert set(rows) == {target.key for target in Target}
    assert rows["24h"].posts > rows["7d"].posts  # posts of the last week are old enough for the one, not for the other


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def predictor(learned: Learned, folder: Path) -> Iterator[Predictor]:
    made = Predictor(tracking_uri=learned.mlflow.uri, models_folder=folder, refresh_seconds=0.5)
    made.start()
    assert made.wait(120)
    yield made
    made.close()


def _account(workspace_id: UUID) -> UUID:
    """The account of a workspace with the most posts."""
    with tenant(Role.API, workspace_id=workspace_id) as connection:
        found: UUID = connection.execute(
            text("SELECT account_id FROM serve.account ORDER BY posts DESC LIMIT 1")
        ).scalar_one()
    return found


def _until(condition: Callable[[], bool], seconds: float = SOON) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_draft_gets_a_value_an_interval_and_reasons(learned: Learned, predictor: Predictor) -> None:
    draft = Draft(_account(learned.demo), PLANNED, "Behind the scenes #food", "image")
    answer = predictor.predict(learned.demo, [draft])[0]
    assert answer.source == "model"
    assert answer.model_name == registered_name(learned.demo)
    assert answer.value is not None
    assert answer.low is not None
    assert answer.high is not None
    assert 0 <= answer.low <= answer.value <= answer.high
    assert answer.baseline is not None
    assert answer.known_posts > 50
    assert answer.confirmed_at is not None
    assert answer.reasons
    assert all("%" in reason.words for reason in answer.reasons)


def test_a_draft_is_predicted_as_training_would(learned: Learned, predictor: Predictor, folder: Path) -> None:
    """The served answer for a post of the past is the model's for its features from the marts."""
    with etl() as connection:
        posts = marts.read_posts(connection, learned.demo)
    account = _account(learned.demo)
    row = posts.filter(posts["account_id"] == str(account)).tail(1)
    post = row.row(0, named=True)
    answer = predictor.predict(
        learned.demo,
        [Draft(account, post["published_at"], post["text"], post["post_type"], post["title"], post["has_link"])],
    )[0]
    name = registered_name(learned.demo)
    model = load(folder / name / str(answer.model_version))
    expected = model.predict(build(row, history=posts))
    assert answer.value == pytest.approx(float(np.expm1(expected.value[0])), rel=1e-6)
    assert answer.high == pytest.approx(float(np.expm1(expected.high[0])), rel=1e-6)


def test_each_target_has_its_own_champion(learned: Learned, predictor: Predictor) -> None:
    draft = Draft(_account(learned.demo), PLANNED, "Behind the scenes", "image")
    names = {target: predictor.predict(learned.demo, [draft], target=target)[0].model_name for target in Target}
    assert len(set(names.values())) == 3


def test_without_a_champion_the_accounts_average_is_given_with_the_reason(
    learned: Learned, predictor: Predictor
) -> None:
    answer = predictor.predict(learned.chance, [Draft(_account(learned.chance), PLANNED, "red sky")])[0]
    assert answer.source == "account_average"
    assert "did not beat" in answer.note
    assert answer.value is not None
    assert answer.low is not None
    assert answer.high is not None
    assert 30 < answer.value < 110  # exp(4) = 55 likes, and a few comments
    assert answer.low < answer.value < answer.high
    small = predictor.predict(learned.small, [Draft(_account(learned.small), PLANNED, "red sky")])[0]
    assert (small.source, small.model_name) == ("account_average", None)
    assert "30 posts have a final result" in small.note


def test_an_account_without_results_gets_no_number(learned: Learned, predictor: Predictor) -> None:
    account = new_id()
    with etl() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO app.account (workspace_id, id, network, external_id, display_name) "
            "VALUES (%s, %s, 'x', %s, '')",
            (str(learned.demo), str(account), account.hex),
        )
    known, unknown = predictor.predict(
        learned.demo, [Draft(_account(learned.demo), PLANNED, "Hello"), Draft(account, PLANNED, "Hello")]
    )
    assert known.source == "model"
    assert (unknown.source, unknown.value, unknown.low, unknown.high) == ("no_data", None, None, None)


def test_no_workspace_reaches_anothers_accounts_or_models(learned: Learned, predictor: Predictor) -> None:
    with pytest.raises(NotFound):
        predictor.predict(learned.small, [Draft(_account(learned.demo), PLANNED, "Hello")])
    # A real workspace with an account of its own never borrows the demo's model.
    answer = predictor.predict(learned.small, [Draft(_account(learned.small), PLANNED, "Hello")])[0]
    assert answer.model_name is None


@pytest.mark.parametrize(
    "words", ["", "x" * 10_000, "🎉" * 500, "مرحبا بالعالم", "今日はいい天気 mixed עברית", "a\x00b\nc"]
)
def test_any_text_is_answered(learned: Learned, predictor: Predictor, words: str) -> None:
    answer = predictor.predict(learned.demo, [Draft(_account(learned.demo), PLANNED, words)])[0]
    assert answer.value is not None
    assert np.isfinite([answer.value, answer.low, answer.high]).all()


def test_bad_drafts_are_refused(learned: Learned, predictor: Predictor) -> None:
    account = _account(learned.demo)
    with pytest.raises(BadInput, match="time zone"):
        predictor.predict(learned.demo, [Draft(account, PLANNED.replace(tzinfo=None), "Hello")])
    with pytest.raises(BadInput, match="hologram"):
        predictor.predict(learned.demo, [Draft(account, PLANNED, "Hello", "hologram")])
    with pytest.raises(BadInput, match="at most"):
        predictor.predict(learned.demo, [Draft(account, PLANNED, "Hello")] * 201)
    assert predictor.predict(learned.demo, []) == []


def test_a_new_champion_serves_within_a_minute_and_an_unreadable_one_never(
    learned: Learned, predictor: Predictor
) -> None:
    name, client = registered_name(learned.demo), MlflowClient(learned.mlflow.uri, learned.mlflow.uri)
    draft = Draft(_account(learned.demo), PLANNED, "Behind the scenes", "image")
    first = predictor.predict(learned.demo, [draft])[0]
    second = client.copy_model_version(f"models:/{name}/{first.model_version}", name).version
    client.set_registered_model_alias(name, CHAMPION, second)
    _until(lambda: predictor.predict(learned.demo, [draft])[0].model_version == second)

    run = client.get_run(str(learned.outcomes[learned.demo].performance[0].mlflow_run_id))
    hollow = client.create_model_version(name, f"{run.info.artifact_uri}/nothing-here", run_id=run.info.run_id).version
    client.set_registered_model_alias(name, CHAMPION, hollow)
    time.sleep(3)
    kept = predictor.predict(learned.demo, [draft])[0]
    assert (kept.source, kept.model_version) == ("model", second)

    client.set_registered_model_alias(name, CHAMPION, first.model_version)  # rolling back is moving the alias
    _until(lambda: predictor.predict(learned.demo, [draft])[0].model_version == first.model_version)


def test_requests_do_not_wait_for_a_silent_mlflow(learned: Learned, predictor: Predictor) -> None:
    draft = Draft(_account(learned.demo), PLANNED, "Behind the scenes", "image")
    predictor.predict(learned.demo, [draft])
    with learned.mlflow.paused():
        started = time.monotonic()
        answers = [predictor.predict(learned.demo, [draft])[0] for _ in range(10)]
        assert time.monotonic() - started < 5
    assert {answer.source for answer in answers} == {"model"}


def test_a_restart_without_mlflow_serves_the_last_champion_and_says_so(
    learned: Learned, predictor: Predictor, folder: Path, tmp_path: Path
) -> None:
    draft = Draft(_account(learned.demo), PLANNED, "Behind the scenes", "image")
    before = predictor.predict(learned.demo, [draft])[0]
    copy = tmp_path / "models"
    shutil.copytree(folder, copy)
    fresh = Predictor(tracking_uri="http://127.0.0.1:9", models_folder=copy)
    fresh.start()
    assert fresh.wait(60)
    after = fresh.predict(learned.demo, [draft])[0]
    fresh.close()
    assert (after.source, after.model_version, after.value) == ("model", before.model_version, before.value)
    assert after.confirmed_at is None
    assert before.confirmed_at is not None
    assert before.confirmed_at > datetime.now(UTC) - timedelta(minutes=2)
