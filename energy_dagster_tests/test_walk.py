"""The walk over sources that fail, and over answers that lay in quarantine."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from energy_dagster import walk as walk_module
from energy_dagster.domain.catalogue import BALANCE, LOAD, SETTLEMENT
from energy_dagster.domain.tables import CONSUMPTION, CONSUMPTION_FEATURES, PREDICTIONS, RAW_LOAD, Table
from energy_dagster.instance import open_instance
from energy_dagster.io_managers.lake import Lake
from energy_dagster.resources.sources import SourceError
from energy_dagster.sandbox.fault_kinds import Fault, Kind
from energy_dagster.settings import Settings
from energy_dagster.storage.quarantine import Kept, Quarantine
from energy_dagster.store.reader import Store
from energy_dagster.walk import CannotReplay, Step, Walk, Walked, window_of
from energy_dagster_tests.defs.overheard import failing, overheard

NOW = datetime(2025, 10, 27, 9, 20, tzinfo=UTC)
HISTORY_DAYS = 30
"""Too few to learn from: the weekly naive forecasts, and the walk is short."""

GONE: dict[str, Kind | Fault] = {LOAD.name: "renamed", BALANCE.name: "renamed"}


@pytest.fixture(autouse=True)
def short_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk_module, "HISTORY_DAYS", HISTORY_DAYS)
    monkeypatch.setattr(walk_module, "REPLAY_DAYS", 0)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def settings_of(data: Path, now: datetime) -> Settings:
    return Settings(data=str(data), now=now)


def forecast(data: Path, *, faults: dict[str, Kind | Fault] | None = None, now: datetime = NOW) -> Walked:
    with open_instance(data) as instance, overheard(failing(faults or {})):
        return Walk(settings_of(data, now), instance, now=now).forecast(lambda _step: None)


def held(data: Path, table: Table) -> pd.DataFrame:
    lake = Lake(settings_of(data, NOW).lake)
    return lake.read(table, lake.partitions(table.name))


def newest_forecast(data: Path, now: datetime) -> int:
    """Rows of the forecast that readers are shown; it must be of the running hour."""
    with Store(settings_of(data, now).warehouse) as store:
        rows = store.forecast("DK1").rows
    assert {row.issued_at for row in rows} == {now.replace(minute=0)}
    return len(rows)


def test_a_source_that_fails_is_left_out_with_its_reason_and_the_forecast_still_comes(data: Path) -> None:
    walked = forecast(data, faults={SETTLEMENT.name: "renamed"})
    assert set(walked.left_out) == {"raw_settlement", "model"}
    assert "ProductionConsumptionSettlement: expected status 200, found status 404" in walked.left_out["raw_settlement"]
    assert newest_forecast(data, NOW) == 48
    assert set(held(data, CONSUMPTION)["vintage"]) == {"preliminary"}


def test_without_weather_the_forecast_still_comes_and_says_so(data: Path) -> None:
    weather: dict[str, Kind | Fault] = dict.fromkeys(("weather", "weather-archive", "weather-previous-runs"), "renamed")
    walked = forecast(data, faults=weather)
    assert "raw_weather" in walked.left_out
    assert newest_forecast(data, NOW) == 48


def test_the_next_walk_brings_in_what_was_left_out(data: Path) -> None:
    forecast(data, faults={SETTLEMENT.name: "renamed"})
    walked = forecast(data)
    assert set(walked.left_out) == {"model"}
    assert set(held(data, CONSUMPTION)["vintage"]) == {"preliminary", "settled"}
    assert held(data, CONSUMPTION_FEATURES)["settled_mwh"].notna().any()


def test_while_the_total_load_is_gone_its_fallback_carries_the_forecast(data: Path) -> None:
    walked = forecast(data, faults={LOAD.name: "renamed"})
    assert set(walked.left_out) == {"model"}
    assert set(held(data, RAW_LOAD)["dataset"]) == {BALANCE.name}
    assert newest_forecast(data, NOW) == 48


def test_without_any_total_load_there_is_nothing_to_forecast(data: Path) -> None:
    with pytest.raises(SourceError, match="GenerationProdTypeExchange"):
        forecast(data, faults=GONE)
    assert held(data, PREDICTIONS).empty


def test_where_the_total_load_fails_the_forecast_stands_on_what_is_held(data: Path) -> None:
    forecast(data)
    known, later = held(data, RAW_LOAD), NOW + timedelta(hours=3)
    walked = forecast(data, faults=GONE, now=later)
    assert "GenerationProdTypeExchange" in walked.left_out["raw_load"]
    pd.testing.assert_frame_equal(held(data, RAW_LOAD), known)
    assert newest_forecast(data, later) == 48


def test_a_fault_of_another_kind_is_not_left_out(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("energy_dagster.resources.portal.raw_rows", broken)
    with pytest.raises(KeyError, match="a bug"):
        forecast(data)


def test_the_steps_read_each_source_by_itself_and_then_make_what_follows(data: Path) -> None:
    with open_instance(data) as instance:
        steps = list(Walk(settings_of(data, NOW), instance, now=NOW).history(NOW - timedelta(days=40), NOW))
    assert [(step.assets, step.reads_a_source) for step in steps] == [
        (("raw_load",), True),
        (("raw_settlement",), True),
        (("raw_weather",), True),
        (("consumption", "consumption_features"), False),
    ]
    assert {(step.first, step.last) for step in steps} == {("2025-09-01", "2025-10-01")}


# Answers from the quarantine


def keep(data: Path, hours: pd.DatetimeIndex, *, mwh: float, start: str, end: str) -> Kept:
    """An answer about DK1 that was not understood when it came."""
    local = hours.tz_localize("UTC").tz_convert("Europe/Copenhagen")
    records = [
        {
            "TimeUTC": utc.isoformat(),
            "TimeDK": dk.tz_localize(None).isoformat(),
            "PriceArea": "DK1",
            "Version": "Final",
            "GrossCon": mwh,
        }
        for utc, dk in zip(hours, local, strict=True)
    ]
    return Quarantine(settings_of(data, NOW).quarantine).keep(
        LOAD.name,
        url=f"https://portal/dataset/{LOAD.name}",
        params={"start": start, "end": end},
        payload=json.dumps({"records": records}).encode(),
        reason="a test",
        at=NOW,
    )


def replayed(data: Path, kept: Kept) -> tuple[Walked, list[Step]]:
    steps: list[Step] = []
    with open_instance(data) as instance:
        return Walk(settings_of(data, NOW), instance, now=NOW).replay(kept, steps.append), steps


@dataclass(frozen=True)
class Replayed:
    """A folder of two months before and after hours of September were replayed, and the steps that did it."""

    data: Path
    before: pd.DataFrame
    steps: list[Step]


REPLAYED_HOURS = pd.date_range("2025-09-29", periods=3, freq="h")


@pytest.fixture(scope="module")
def september(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    data = tmp_path_factory.mktemp("september")
    with open_instance(data) as instance:
        Walk(settings_of(data, NOW), instance, now=NOW).backfill(NOW - timedelta(days=30), NOW, lambda _step: None, issues=False)
    before = held(data, RAW_LOAD)
    kept = keep(data, REPLAYED_HOURS, mwh=2222.0, start="2025-09-01T00:00", end="2025-10-01T00:00")
    return Replayed(data, before, replayed(data, kept)[1])


def test_a_replay_brings_in_the_hours_of_the_answer_and_takes_no_other_away(september: Replayed) -> None:
    after = held(september.data, RAW_LOAD)
    assert len(after) == len(september.before)
    moved = after[after["consumption_mwh"] != september.before["consumption_mwh"]]
    assert moved["hour_utc"].tolist() == list(REPLAYED_HOURS)
    assert set(moved["consumption_mwh"]) == {2222.0}


def test_a_replay_makes_consumption_again(september: Replayed) -> None:
    rows = held(september.data, CONSUMPTION)
    west = rows[(rows["area"] == "DK1") & (rows["vintage"] == "preliminary") & rows["hour_utc"].isin(REPLAYED_HOURS)]
    assert set(west["published_mwh"]) == {2222.0}


def test_a_replay_also_makes_the_month_that_looks_back_at_it(september: Replayed) -> None:
    assert [(step.title, step.first, step.last) for step in september.steps] == [
        ("Replay", "2025-09-01", "2025-09-01"),
        ("History", "2025-09-01", "2025-10-01"),
        ("Publishing", None, None),
    ]


def test_an_answer_about_hours_to_come_is_replayed_up_to_the_running_month(data: Path) -> None:
    hours = pd.date_range("2025-10-20", periods=3, freq="h")
    _, steps = replayed(data, keep(data, hours, mwh=2222.0, start="2025-10-01T00:00", end="2026-01-01T00:00"))
    assert [(step.first, step.last) for step in steps][:2] == [("2025-10-01", "2025-10-01"), ("2025-10-01", "2025-10-01")]


# What an answer is about


def kept(**changes: object) -> Kept:
    plain = Kept("id", LOAD.name, "https://portal", {}, NOW, "a test", "application/json", 2, cut=False, digest="")
    return replace(plain, **changes)  # type: ignore[arg-type]  # fields by name


def test_the_window_of_an_answer_of_the_portal_ends_before_its_end() -> None:
    start, last = window_of(kept(params={"start": "2025-09-01T00:00", "end": "2025-10-01T00:00"}))
    assert start == datetime(2025, 9, 1, tzinfo=UTC)
    assert last == datetime(2025, 9, 30, 23, 59, 59, 999999, tzinfo=UTC)


def test_the_window_of_an_answer_of_the_weather_holds_its_last_day() -> None:
    window = window_of(kept(params={"start_date": "2025-09-01", "end_date": "2025-09-30"}))
    assert window == (datetime(2025, 9, 1, tzinfo=UTC), datetime(2025, 9, 30, tzinfo=UTC))


def test_an_answer_that_is_not_about_hours_cannot_be_replayed(data: Path) -> None:
    description = kept(dataset=f"{LOAD.name}.description", url="https://portal/meta/dataset/Load")
    with pytest.raises(CannotReplay, match="holds no hours: it answers https://portal/meta/dataset/Load"):
        window_of(description)
    with pytest.raises(CannotReplay, match="holds no hours"):
        replayed(data, description)


@pytest.mark.parametrize("dataset", ["Forecasts_Hour", "ConsumptionGridAreaHour", "Unheard"])
def test_an_answer_that_no_asset_of_the_graph_reads_cannot_be_replayed(data: Path, dataset: str) -> None:
    with pytest.raises(CannotReplay, match=f"no asset that is on reads {dataset}"):
        replayed(data, kept(dataset=dataset, params={"start": "2025-09-01T00:00", "end": "2025-10-01T00:00"}))
