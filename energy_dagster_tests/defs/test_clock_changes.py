"""The days on which Danish clocks change, through every stage: each UTC hour exactly once."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from litestar.testing import TestClient

from api.app import create_app
from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.calendar import delivery_day_hours
from energy_dagster.domain.tables import CONSUMPTION, CONSUMPTION_FEATURES, ERROR_METRICS, PREDICTIONS, RAW_LOAD, RAW_WEATHER, Table
from energy_dagster.instance import open_instance
from energy_dagster.io_managers.lake import Lake
from energy_dagster.settings import Settings
from energy_dagster.store.reader import Store
from energy_dagster.walk import Walk
from energy_dagster_tests.brought_up import BroughtUp

AUTUMN, SPRING = date(2025, 10, 26), date(2025, 3, 30)
AFTER_SPRING = datetime(2025, 4, 2, 9, 20, tzinfo=UTC)
EVENING_BEFORE = "2025-10-25T21"
"""An issue whose first hour is the first of the autumn day."""


def utc_hours_of(day: date) -> list[datetime]:
    return [hour.astimezone(UTC) for hour in delivery_day_hours(day)]


def naive_hours_of(day: date) -> list[datetime]:
    return [naive_utc(hour) for hour in delivery_day_hours(day)]


def west(lake: Lake, table: Table, day: date, *, partition: str | None = None) -> pd.DataFrame:
    """Rows of West Denmark from the first to the last hour of a local day."""
    rows = lake.read(table, lake.partitions(table.name) if partition is None else [partition])
    hours = naive_hours_of(day)
    return rows[(rows["area"] == "DK1") & rows["hour_utc"].between(hours[0], hours[-1])]


def hours_in(rows: pd.DataFrame) -> list[datetime]:
    return [hour.to_pydatetime() for hour in sorted(rows["hour_utc"])]


@pytest.fixture(scope="module")
def autumn(brought_up: BroughtUp) -> Lake:
    return Lake(brought_up.settings.lake)


@pytest.fixture(scope="module")
def spring(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake of raw data, consumption and features of the months around the spring day."""
    data = tmp_path_factory.mktemp("spring")
    settings = Settings(data=str(data), now=AFTER_SPRING)
    with open_instance(data) as instance:
        Walk(settings, instance, now=AFTER_SPRING).backfill(
            datetime(2025, 3, 1, tzinfo=UTC), AFTER_SPRING, lambda _step: None, issues=False
        )
    return Lake(settings.lake)


def test_the_autumn_day_has_25_hours_and_the_spring_day_23() -> None:
    assert (len(naive_hours_of(AUTUMN)), len(naive_hours_of(SPRING))) == (25, 23)


def test_raw_load_has_every_hour_of_the_autumn_day_once(autumn: Lake) -> None:
    assert hours_in(west(autumn, RAW_LOAD, AUTUMN)) == naive_hours_of(AUTUMN)


def test_each_hour_of_the_autumn_day_has_its_own_weather(autumn: Lake) -> None:
    rows = west(autumn, RAW_WEATHER, AUTUMN)
    assert sorted(set(rows["hour_utc"])) == naive_hours_of(AUTUMN)
    assert not rows.duplicated(list(RAW_WEATHER.key)).any()


def test_consumption_has_every_hour_of_the_autumn_day_once_and_usable(autumn: Lake) -> None:
    rows = west(autumn, CONSUMPTION, AUTUMN).query("vintage == 'preliminary'")
    assert hours_in(rows) == naive_hours_of(AUTUMN)
    assert rows["consumption_mwh"].notna().all()


def test_features_tell_the_two_hours_alike_on_danish_clocks_apart(autumn: Lake) -> None:
    rows = west(autumn, CONSUMPTION_FEATURES, AUTUMN).sort_values("hour_utc")
    assert hours_in(rows) == naive_hours_of(AUTUMN)
    assert rows["local_hour"].tolist() == [0, 1, 2, *range(2, 24)]
    assert rows["preliminary_mwh"].is_unique


def test_an_issue_forecasts_every_hour_of_the_autumn_day_once(autumn: Lake) -> None:
    rows = west(autumn, PREDICTIONS, AUTUMN, partition=EVENING_BEFORE).sort_values("hour_utc")
    assert hours_in(rows) == naive_hours_of(AUTUMN)
    assert rows["lead_hours"].tolist() == list(range(1, 26))


def test_every_hour_of_the_autumn_day_is_judged_once_in_each_bucket(autumn: Lake) -> None:
    rows = west(autumn, ERROR_METRICS, AUTUMN).query("vintage == 'preliminary'")
    assert hours_in(rows[rows["lead_bucket"] == "01-06"]) == naive_hours_of(AUTUMN)
    assert not rows.duplicated(list(ERROR_METRICS.key)).any()


def test_the_warehouse_has_every_hour_of_the_autumn_day_once(brought_up: BroughtUp) -> None:
    hours = utc_hours_of(AUTUMN)
    start, end = hours[0], hours[-1] + timedelta(hours=1)
    with Store(brought_up.settings.warehouse) as store:
        actuals = store.actuals("DK1", start=start, end=end).rows
        forecast = store.forecast("DK1", issued_at=datetime(2025, 10, 25, 21, tzinfo=UTC), start=start, end=end).rows
        errors = store.errors("DK1", lead_bucket="01-06", start=start, end=end).rows
    assert [row.hour_utc for row in actuals] == [row.hour_utc for row in forecast] == hours
    assert [row.period_start for row in errors] == hours


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/v1/actuals", {}),
        ("/v1/errors", {"lead_bucket": "01-06"}),
        ("/v1/forecasts", {"issued_at": f"{EVENING_BEFORE}:00:00Z"}),
    ],
)
def test_the_api_has_every_hour_of_the_autumn_day_once(brought_up: BroughtUp, path: str, more: dict[str, str]) -> None:
    hours = [f"{hour:%Y-%m-%dT%H:%M:%SZ}" for hour in utc_hours_of(AUTUMN)]
    asked = {"area": "DK1", "start": hours[0], "end": "2025-10-26T23:00:00Z", **more}
    with TestClient(create_app(brought_up.settings, Store(brought_up.settings.warehouse))) as client:
        answer = client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    named = "period_start" if path == "/v1/errors" else "hour_utc"
    assert [row[named] for row in answer.json()["rows"]] == hours


@pytest.mark.parametrize("table", [RAW_LOAD, CONSUMPTION, CONSUMPTION_FEATURES], ids=lambda table: table.name)
def test_every_hour_of_the_spring_day_is_there_once(spring: Lake, table: Table) -> None:
    rows = west(spring, table, SPRING)
    assert hours_in(rows) == naive_hours_of(SPRING)


def test_features_skip_the_hour_that_danish_clocks_skip(spring: Lake) -> None:
    rows = west(spring, CONSUMPTION_FEATURES, SPRING).sort_values("hour_utc")
    assert rows["local_hour"].tolist() == [0, 1, *range(3, 24)]


def test_the_lag_of_a_week_is_a_week_of_utc_hours_over_the_change(spring: Lake) -> None:
    rows = spring.read(CONSUMPTION_FEATURES, spring.partitions("consumption_features")).query("area == 'DK1'")
    known = rows.set_index("hour_utc")
    lagged = known.loc[pd.DatetimeIndex(naive_hours_of(SPRING)), "lag_168h_mwh"]
    week_before = known.loc[pd.DatetimeIndex(naive_hours_of(SPRING)) - pd.Timedelta(hours=168), "preliminary_mwh"]
    assert lagged.tolist() == week_before.tolist()
