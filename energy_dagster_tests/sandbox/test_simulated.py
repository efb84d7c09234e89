from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_dagster.domain.catalogue import DATASETS
from energy_dagster.sandbox.archive import Archive
from energy_dagster.sandbox.climate import Climate
from energy_dagster.sandbox.history import FIRST_HOUR, History, simulate_history
from energy_dagster.sandbox.hours import LOCAL_ZONE, hour_number
from energy_dagster.sandbox.simulated import SimulatedArchive
from energy_dagster.sandbox.world import MADE_FROM_HISTORY, World
from energy_dagster_tests.sandbox.asking import LOAD, NOW, SEED, SETTLEMENT, records, simulated_at

EVERYTHING = range(-(10**8), 10**8)
LATE = hour_number(datetime(2025, 10, 25, tzinfo=UTC))
NAMES = (
    "GenerationProdTypeExchange",
    "ProductionConsumptionSettlement",
    "ConsumptionConsumerCategoryHour",
    "ConsumptionGridAreaHour",
)


def load(area: str, *, seed: int = SEED) -> "pd.Series[float]":
    rows = SimulatedArchive(seed).rows("GenerationProdTypeExchange", hours=EVERYTHING, now=NOW)
    return rows[rows["PriceArea"] == area].set_index("TimeUTC")["GrossCon"]


@settings(max_examples=40, deadline=None)
@given(now=st.datetimes(datetime(2015, 2, 1), datetime(2026, 12, 31), timezones=st.just(UTC)), name=st.sampled_from(NAMES))  # noqa: DTZ001
def test_no_hour_is_answered_before_it_was_published(now: datetime, name: str) -> None:
    dataset = DATASETS[name]
    newest = SimulatedArchive(SEED).rows(name, hours=EVERYTHING, now=now)[dataset.time_column].max().tz_localize("UTC")
    published = newest + timedelta(hours=1) + dataset.publication_delay
    assert published <= now < published + timedelta(hours=1)


def test_moving_the_clock_reveals_more_and_changes_no_value() -> None:
    columns = {"columns": "TimeUTC,PriceArea,GrossCon", "start": "2025-12-25", "sort": "TimeUTC,PriceArea"}
    early = records(simulated_at(datetime(2025, 12, 30, 12, tzinfo=UTC))(LOAD, **columns))
    late = records(simulated_at(datetime(2026, 2, 1, 12, tzinfo=UTC))(LOAD, **columns))
    assert len(late) > len(early) > 0
    assert late[: len(early)] == early


def test_a_row_is_initial_first_and_final_later() -> None:
    found = records(simulated_at()(LOAD, start="2026-01-01"))
    versions = {row["TimeUTC"][:10]: row["Version"] for row in found}
    assert versions["2026-02-20"] == "Final"
    assert versions["2026-03-05"] == "Initial"


@pytest.mark.parametrize("last_year", [2016, 2019])
def test_a_value_does_not_depend_on_how_much_was_generated(last_year: int) -> None:
    short = simulate_history(SEED, Climate(SEED), last_year=last_year)
    long = simulate_history(SEED, Climate(SEED), last_year=2021)
    for name, values in short.columns.items():
        np.testing.assert_array_equal(values, long.columns[name][: len(values)])


def test_a_value_does_not_depend_on_the_window_asked_for() -> None:
    ask = simulated_at()
    whole = records(ask(LOAD, start="2025-05-01", end="2025-06-01"))
    part = records(ask(LOAD, start="2025-05-10", end="2025-05-11"))
    assert [row for row in whole if row in part] == part


def test_the_seed_decides_the_values() -> None:
    assert load("DK1").equals(load("DK1"))
    assert not load("DK1").equals(load("DK1", seed=8))


def test_settlement_corrects_the_preliminary_values_a_little() -> None:
    ask = simulated_at()
    fast = records(ask(LOAD, start="2025", end="2026", timezone="UTC"))
    settled = records(ask(SETTLEMENT, start="2025", end="2026", timezone="UTC"))
    assert [(row["TimeUTC"], row["PriceArea"]) for row in fast] == [(row["HourUTC"], row["PriceArea"]) for row in settled]
    ratio = np.array([a["GrossCon"] / b["GrossConsumptionMWh"] for a, b in zip(fast, settled, strict=True)])
    assert 0.004 < ratio.std() < 0.01
    assert abs(ratio.mean() - 1) < 0.006


@pytest.mark.parametrize(("area", "mean", "low", "high"), [("DK1", 2400, 1300, 4100), ("DK2", 1500, 800, 2600)])
def test_consumption_is_of_danish_size(area: str, mean: float, low: float, high: float) -> None:
    consumption = load(area)["2018":"2025"]
    assert consumption.mean() == pytest.approx(mean, rel=0.03)
    assert low < consumption.min() < consumption.max() < high


@pytest.mark.parametrize("area", ["DK1", "DK2"])
def test_the_weekly_naive_is_as_wrong_as_in_denmark(area: str) -> None:
    consumption = load(area)["2018":"2025"]
    mape = ((consumption - consumption.shift(168)).abs() / consumption).mean()
    assert 0.045 < mape < 0.07


def test_weekends_holidays_and_summer_are_lower() -> None:
    consumption = load("DK1")["2018":"2025"]
    local = consumption.tz_localize("UTC").tz_convert(LOCAL_ZONE)
    daily = local.resample("D").mean()
    index = pd.DatetimeIndex(daily.index)
    assert daily[index.dayofweek == 6].mean() < 0.93 * daily[index.dayofweek == 2].mean()
    assert daily[index.month == 7].mean() < 0.85 * daily[index.month == 1].mean()
    assert daily["2024-12-25"] < 0.92 * daily["2024-12-18"]


def test_an_archive_asked_before_its_first_hour_has_no_rows() -> None:
    archive = SimulatedArchive(seed=987)
    for name, dataset in archive.datasets.items():
        rows = archive.rows(name, hours=EVERYTHING, now=datetime(2010, 1, 1, tzinfo=UTC))
        assert rows.empty
        assert tuple(rows.columns) == dataset.names


def test_what_nobody_asks_for_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def maker(name: str) -> Callable[[int, History], History]:
        def make(_: int, history: History) -> History:
            made.append(name)
            return history

        return make

    makers = {name: maker(name) for name in MADE_FROM_HISTORY}
    monkeypatch.setattr("energy_dagster.sandbox.world.MADE_FROM_HISTORY", makers)
    here = World(SEED)
    for name in ("GenerationProdTypeExchange", "ProductionConsumptionSettlement"):
        here.history(name, until=FIRST_HOUR + 24)
    assert made == []
    for _ in range(2):
        here.history("ElectricityBalanceNonv", until=FIRST_HOUR + 24)
    assert made == ["ElectricityBalanceNonv"]


@pytest.mark.parametrize("name", sorted(SimulatedArchive(SEED).datasets))
def test_a_dataset_has_the_columns_and_key_of_the_catalogue(name: str) -> None:
    declared, published = DATASETS[name], SimulatedArchive(SEED).datasets[name]
    assert published.key == declared.key
    assert set(declared.columns) <= set(published.names)
    assert {column.name: column.unit for column in published.columns}[declared.measure] == declared.unit


@pytest.mark.parametrize("name", sorted(SimulatedArchive(SEED).datasets))
def test_rows_ascend_by_a_key_that_never_repeats(name: str) -> None:
    archive = SimulatedArchive(SEED)
    rows = archive.rows(name, hours=range(LATE, LATE + 48), now=NOW)
    keys = list(rows[list(archive.datasets[name].key)].itertuples(index=False, name=None))
    assert keys == sorted(set(keys))
    assert len(keys) % 48 == 0


def test_the_span_goes_on_with_the_clock() -> None:
    archive: Archive = SimulatedArchive(SEED)
    assert archive.span() is None
