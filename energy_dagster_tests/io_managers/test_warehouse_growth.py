"""A warehouse that grew is the one that would be made anew."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from energy_dagster.domain.tables import PREDICTIONS, RAW_LOAD, RAW_WEATHER
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.warehouse import Warehouse
from energy_dagster.store.schema import POINTER
from energy_dagster_tests.io_managers.house import MONTHS, PRESENT, House
from energy_dagster_tests.io_managers.samples import (
    AT,
    RUN,
    load_rows,
    prediction_rows,
    tiny_model,
    weather_rows,
)


def test_a_warehouse_is_published_from_s3(tmp_path: Path, s3_root: str) -> None:
    lake = Lake(s3_root)
    lake.write(RAW_LOAD, MONTHS[0], load_rows("2026-06-01", "2026-06-02"), at=AT, run_id=RUN)
    ModelStore(s3_root).write("2026-06-01", tiny_model("a"), at=AT, run_id=RUN)
    published = Warehouse(str(tmp_path)).publish(
        lake, ModelStore(s3_root), as_of=PRESENT, published_at=AT, source="sandbox", simulated=True
    )
    assert (published.rows["raw_load"], published.rows["models"]) == (24, 1)


@dataclass(frozen=True)
class Step:
    """One write, and whether the lake is published after it."""

    table: str
    month: int
    first_hour: int
    hours: int
    value: float
    publishes: bool

    def do(self, house: House) -> None:
        start = pd.Timestamp(MONTHS[self.month])
        if self.table == "predictions":
            issue = f"{start + pd.Timedelta(hours=self.first_hour):%Y-%m-%dT%H:%M}"
            house.write(PREDICTIONS, issue[:13], prediction_rows(issue, mwh=self.value))
            return
        end = start + pd.offsets.MonthBegin()
        first = end - pd.Timedelta(hours=self.first_hour)
        rows = weather_rows(str(first), str(first + pd.Timedelta(hours=self.hours)), celsius=self.value)
        early = weather_rows(str(start), str(start + pd.Timedelta(hours=self.hours)), celsius=self.value)
        house.write(RAW_WEATHER, MONTHS[self.month], pd.concat([early, rows], ignore_index=True))


STEPS = st.builds(
    Step,
    table=st.sampled_from(["raw_weather", "predictions"]),
    month=st.integers(0, 2),
    first_hour=st.integers(0, 3),
    hours=st.integers(0, 8),
    value=st.sampled_from([1.0, 2.0, 3.0]),
    publishes=st.booleans(),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEPS, min_size=1, max_size=8))
def test_a_warehouse_grown_step_by_step_equals_one_made_anew(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder))
        for at, step in enumerate(steps):
            step.do(house)
            if step.publishes:
                house.publish(at=at)
        house.publish(at=50)
        grown = house.contents()
        (house.folder / "warehouse" / POINTER).unlink()
        house.publish(at=100)
        assert grown == house.contents()


def test_the_weather_of_the_warehouse_is_what_the_lake_reads(house: House) -> None:
    for month, celsius in ((1, 2.0), (0, 1.0), (2, 3.0), (1, 4.0)):
        start = pd.Timestamp(MONTHS[month])
        end = start + pd.offsets.MonthBegin() + pd.Timedelta(hours=72)
        house.write(RAW_WEATHER, MONTHS[month], weather_rows(str(start), str(end), celsius=celsius))
        house.publish(at=house.writes)
    read = house.lake.read(RAW_WEATHER, MONTHS[:3]).sort_values("hour_utc")
    held = pd.DataFrame(house.rows("raw_weather", "hour_utc, temperature_c"), columns=["hour_utc", "temperature_c"])
    expected = read[["hour_utc", "temperature_c"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(held, expected, check_dtype=False)
