"""The scorecard beside a recomputation in pandas from the forecasts and the measurements themselves."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from energy_dagster.domain.danish_time import to_danish
from energy_dagster.domain.tables import LEAD_BUCKET_NAMES
from energy_dagster.store.reader import Store
from energy_dagster.store.rows import DAY_TYPES, Dimension
from energy_dagster_tests.warehouse_fixture import AUTUMN as NOW
from energy_dagster_tests.warehouse_fixture import write_snapshot

START, END = NOW - timedelta(days=6), NOW - timedelta(days=1)


def _judged(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per issue and hour of DK1 in the window, with the truth, the naive and the TSO's forecast."""
    window = [pd.Timestamp(moment.replace(tzinfo=None)) for moment in (START, END)]
    rows = frames["predictions"].query("area == 'DK1' and revision == 1")
    rows = rows[(rows["hour_utc"] >= window[0]) & (rows["hour_utc"] < window[1])]
    truth = frames["consumption"].query("area == 'DK1' and vintage == 'preliminary' and quality == 'ok'")
    rows = rows.merge(truth[["hour_utc", "consumption_mwh"]], on="hour_utc")
    return rows.merge(
        frames["raw_tso_forecast"].query("area == 'DK1'")[["hour_utc", "forecast_mwh"]].rename(columns={"forecast_mwh": "tso"}),
        on="hour_utc",
        how="left",
    )


@pytest.mark.parametrize(("forecaster", "column"), [("forecast", "q50"), ("weekly_naive", "naive_mwh"), ("tso", "tso")])
def test_every_forecaster_is_judged_as_by_hand(store: Store, frames: dict[str, pd.DataFrame], forecaster: str, column: str) -> None:
    rows = _judged(frames).dropna(subset=[column])
    found = next(row for row in store.scorecard(start=START, end=END, area="DK1").rows if row.forecaster == forecaster)
    error, actual = rows[column] - rows["consumption_mwh"], rows["consumption_mwh"]
    naive = (rows["naive_mwh"] - actual).abs()
    assert (found.n, found.hours) == (len(rows), rows["hour_utc"].nunique())
    assert found.mae_mwh == pytest.approx(error.abs().mean())
    assert found.rmse_mwh == pytest.approx(np.sqrt((error**2).mean()))
    assert found.bias_mwh == pytest.approx(error.mean())
    assert found.wape == pytest.approx(error.abs().sum() / actual.sum())
    assert found.mape == pytest.approx((error.abs() / actual).mean())
    assert found.skill == pytest.approx(1 - error.abs().sum() / naive.sum())
    if forecaster == "forecast":
        assert found.coverage_80 == pytest.approx(actual.between(rows["q10"], rows["q90"]).mean())
    else:
        assert found.coverage_80 is None
        assert found.pinball_mwh == pytest.approx(error.abs().mean() / 2)


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("lead_bucket", set(LEAD_BUCKET_NAMES)),
        ("weekday", set(range(1, 8))),
        ("local_hour", set(range(24))),
        ("month", {"2026-10"}),
        ("day_type", set(DAY_TYPES[:3])),
    ],
)
def test_what_is_told_apart_adds_up_to_the_whole(store: Store, by: Dimension, keys: set[object]) -> None:
    start, end = NOW - timedelta(days=9), NOW - timedelta(days=1)
    (whole,) = (row for row in store.scorecard(area="DK2", start=start, end=end).rows if row.forecaster == "forecast")
    parts = [row for row in store.scorecard([by], area="DK2", start=start, end=end).rows if row.forecaster == "forecast"]
    assert {getattr(row, by) for row in parts} == keys
    assert sum(row.n for row in parts) == whole.n
    assert sum(row.n * row.mae_mwh for row in parts) == pytest.approx(whole.n * whole.mae_mwh)


def test_a_long_local_day_has_25_hours(store: Store) -> None:
    rows = store.scorecard(["day"], start=NOW - timedelta(days=9), end=NOW, area="DK1").rows
    assert {row.day: row.hours for row in rows if row.forecaster == "forecast"}[date(2026, 10, 25)] == 25


def test_the_tso_is_absent_where_it_is_not_held(tmp_path: Path, frames: dict[str, pd.DataFrame]) -> None:
    write_snapshot(tmp_path, {name: frame for name, frame in frames.items() if name != "raw_tso_forecast"}, as_of=NOW)
    with Store(tmp_path) as store:
        assert {row.forecaster for row in store.scorecard().rows} == {"forecast", "weekly_naive"}


def test_denmarks_tso_forecast_is_the_sum_of_its_parts_where_both_are_there(
    tmp_path: Path, frames: dict[str, pd.DataFrame]
) -> None:
    tso = frames["raw_tso_forecast"]
    write_snapshot(tmp_path, {**frames, "raw_tso_forecast": tso[tso["area"] == "DK1"]}, as_of=NOW)
    with Store(tmp_path) as store:
        assert {row.area for row in store.scorecard().rows if row.forecaster == "tso"} == {"DK1"}


def test_local_time_is_denmarks(frames: dict[str, pd.DataFrame], store: Store) -> None:
    rows = _judged(frames)
    first = store.scorecard(["local_hour"], start=START, end=START + timedelta(hours=1), area="DK1").rows[0]
    assert first.local_hour == to_danish(rows["hour_utc"]).dt.hour.iloc[0]


def test_skill_counts_only_hours_where_the_naive_is_known(tmp_path: Path, frames: dict[str, pd.DataFrame]) -> None:
    table = frames["error_metrics"]
    unknown = table["hour_utc"] < pd.Timestamp(END.replace(tzinfo=None)) - pd.Timedelta(days=3)
    half = table.assign(naive_mwh=table["naive_mwh"].mask(unknown), naive_abs_error_mwh=table["naive_abs_error_mwh"].mask(unknown))
    write_snapshot(tmp_path, {**frames, "error_metrics": half}, as_of=NOW)
    start, end = (pd.Timestamp(moment.replace(tzinfo=None)) for moment in (START, END))
    window = (table["hour_utc"] >= start) & (table["hour_utc"] < end)
    known = table[window & ~unknown & (table["area"] == "DK1") & (table["vintage"] == "preliminary")]
    ours, its = ((known["issues"] * known[column]).sum() for column in ("abs_error_mwh", "naive_abs_error_mwh"))
    with Store(tmp_path) as store:
        scores = {row.forecaster: row for row in store.scorecard(start=START, end=END, area="DK1").rows}
        early = {row.forecaster: row for row in store.scorecard(start=START, end=START + timedelta(days=1), area="DK1").rows}
    assert scores["forecast"].skill == pytest.approx(1 - ours / its)
    assert scores["forecast"].n > scores["weekly_naive"].n
    assert early["forecast"].skill is None
    assert "weekly_naive" not in early


def test_a_period_without_errors_has_no_scores(store: Store) -> None:
    assert store.scorecard(start=NOW, end=NOW + timedelta(days=1)).rows == []
