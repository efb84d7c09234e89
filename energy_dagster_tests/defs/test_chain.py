"""The whole chain on the sandbox: every asset materialized by the graph itself, over the day of 25 hours."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from energy_dagster.domain.tables import PREDICTIONS, TABLES
from energy_dagster.instance import open_instance
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.partitions import ISSUE_HOURS
from energy_dagster.store.reader import Store
from energy_dagster_tests.brought_up import NOW, REPLAY_DAYS, BroughtUp, bring_up


@pytest.fixture
def lake(brought_up: BroughtUp) -> Lake:
    return Lake(brought_up.settings.lake)


def test_the_tables_of_everything_that_is_on_have_rows(brought_up: BroughtUp) -> None:
    with Store(brought_up.settings.warehouse) as store:
        rows = {row.table: row.rows for row in store.freshness().rows}
    off = {"raw_consumer_groups", "raw_grid_areas", "raw_tso_forecast"}
    on_demand = {"backtest_forecasts", "backtest_scores"}
    assert set(TABLES) - set(rows) == off | on_demand
    assert min(rows.values()) > 0


def test_a_forecast_makes_no_backtest(lake: Lake) -> None:
    assert lake.partitions("predictions")
    assert not lake.partitions("backtest_forecasts")
    assert not lake.partitions("backtest_scores")


def test_the_present_hour_is_live_and_the_replay_is_marked(lake: Lake) -> None:
    predictions = lake.read(PREDICTIONS, lake.partitions("predictions"))
    issued = predictions.groupby("issued_at")["origin"].first()
    assert len(issued) == REPLAY_DAYS * 24 + 1
    assert issued.index.max() == pd.Timestamp("2025-10-27T09:00")
    assert issued.to_list() == ["replay"] * (REPLAY_DAYS * 24) + ["live"]


def test_every_issue_covers_48_distinct_hours_of_three_areas(lake: Lake) -> None:
    predictions = lake.read(PREDICTIONS, lake.partitions("predictions"))
    counts = predictions.groupby(["issued_at", "area"])["hour_utc"].nunique()
    assert set(counts) == {48}
    assert set(predictions["area"]) == {"DK", "DK1", "DK2"}


def test_no_forecast_stands_on_hours_that_were_not_published(lake: Lake) -> None:
    predictions = lake.read(PREDICTIONS, lake.partitions("predictions"))
    assert (predictions["consumption_cutoff"] <= predictions["issued_at"] - pd.Timedelta(hours=3)).all()
    assert (predictions["weather_cutoff"] <= predictions["issued_at"]).all()


def test_the_model_served_its_week_and_beats_the_weekly_naive(brought_up: BroughtUp) -> None:
    store = ModelStore(brought_up.settings.lake)
    metas = [store.read_meta(version) for version in store.versions()]
    assert [meta.serves_from for meta in metas] == ["2025-10-20T00:00:00", "2025-10-27T00:00:00"]
    assert all(meta.verdict == "champion" and (meta.scores.skill or 0) > 0 for meta in metas)


def test_each_issue_was_made_by_the_model_of_its_week(lake: Lake) -> None:
    predictions = lake.read(PREDICTIONS, ["2025-10-26T23", "2025-10-27T00"])
    by_issue = predictions.groupby("issued_at")["model_version"].first()
    assert by_issue.iloc[0].startswith("lgbm-20251020-")
    assert by_issue.iloc[1].startswith("lgbm-20251027-")


def test_the_forecast_has_skill_over_the_replay(brought_up: BroughtUp) -> None:
    with Store(brought_up.settings.warehouse) as store:
        scores = store.scorecard(start=NOW - timedelta(days=3), end=NOW).rows
    skills = {score.area: score.skill for score in scores if score.forecaster == "forecast"}
    assert set(skills) == {"DK", "DK1", "DK2"}
    assert all(value is not None and value > 0 for value in skills.values())


def test_every_partition_is_known_to_dagster(brought_up: BroughtUp) -> None:
    from dagster import AssetKey

    with open_instance(brought_up.data) as instance:
        issued = instance.get_materialized_partitions(AssetKey("predictions"))
    assert {"2025-10-25T09", "2025-10-27T09"} <= issued
    assert len(issued) == REPLAY_DAYS * 24 + 1


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.parquet")}


@pytest.mark.slow
def test_an_hour_later_only_what_is_new_is_added_and_the_first_forecast_stays(own_copy: BroughtUp) -> None:
    before = files_of(Path(own_copy.settings.lake))
    again = bring_up(own_copy.data, now=NOW)
    assert files_of(Path(own_copy.settings.lake)) == before, "a second run in the same hour wrote something"
    assert again.walked.partitions < own_copy.walked.partitions / 2
    later = bring_up(own_copy.data, now=NOW + timedelta(hours=1))
    after = files_of(Path(later.settings.lake))
    assert {name: after[name] for name in before} == before
    new_issues = {name.split("/")[1] for name in set(after) - set(before) if name.startswith("predictions/")}
    assert new_issues == {"2025-10-27T10"}
    with Store(later.settings.warehouse) as store:
        issues = store.issues(end=NOW + timedelta(days=1)).rows
    assert {issue.issued_at: issue.origin for issue in issues}[datetime(2025, 10, 27, 9, tzinfo=UTC)] == "live"


def test_the_hour_that_runs_is_a_partition() -> None:
    now = datetime.now(UTC)
    assert ISSUE_HOURS.get_last_partition_key() in {f"{now:%Y-%m-%dT%H}", f"{now - timedelta(seconds=5):%Y-%m-%dT%H}"}


@pytest.mark.slow
@pytest.mark.recorded
def test_the_same_graph_forecasts_the_real_load_with_skill(recorded_data: Path, tmp_path: Path) -> None:
    now = datetime(2022, 6, 15, 8, tzinfo=UTC)
    real = bring_up(tmp_path / "data", now=now, source=f"recorded:{recorded_data}")
    with Store(real.settings.warehouse) as store:
        newest = store.forecast("DK1").rows
        scores = store.scorecard(start=now - timedelta(days=3), end=now, area="DK1").rows
        assert not store.forecast("DK2").rows
        assert not store.snapshot().simulated
    assert newest[0].rung == "no_weather"
    overall = next(score for score in scores if score.forecaster == "forecast")
    assert overall.skill is not None
    assert overall.skill > 0


@pytest.mark.slow
def test_a_damaged_model_makes_the_weekly_naive_serve_and_the_row_says_so(own_copy: BroughtUp) -> None:
    for meta in (Path(own_copy.settings.lake) / "forecast_model").rglob("meta.json"):
        meta.write_text("{}", encoding="utf-8")
    later = bring_up(own_copy.data, now=NOW + timedelta(hours=1))
    lake = Lake(later.settings.lake)
    issued = lake.read(PREDICTIONS, ["2025-10-27T10"])
    assert set(issued["rung"]) == {"naive"}
    assert set(issued["model_version"]) == {"weekly-naive"}
    assert issued.groupby("area")["hour_utc"].nunique().to_dict() == {"DK": 48, "DK1": 48, "DK2": 48}
