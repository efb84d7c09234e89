"""Reliability and temperatures beside a recomputation in pandas from the tables themselves."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from energy_dagster.domain.danish_time import to_danish
from energy_dagster.domain.tables import LEAD_BUCKET_NAMES, LEAD_BUCKETS, QUANTILES, quantile_column
from energy_dagster.store.reader import Store
from energy_dagster_tests.warehouse_fixture import AUTUMN as NOW
from energy_dagster_tests.warehouse_fixture import sample_frames, write_snapshot

START, END = NOW - timedelta(days=6), NOW - timedelta(days=1)


def _naive(moment: datetime) -> pd.Timestamp:
    return pd.Timestamp(moment.astimezone(UTC).replace(tzinfo=None))


def _by_hand(frames: dict[str, pd.DataFrame], vintage: str, *, leads: tuple[int, int]) -> tuple[list[float], int]:
    """Shares of DK1 by level, of the served revisions, and how many issue-hours were judged."""
    rows = frames["predictions"]
    rows = rows[rows["area"] == "DK1"]
    newest = rows.groupby("issued_at")["revision"].max()
    live = rows[rows["origin"] == "live"].groupby("issued_at")["revision"].min().reindex(newest.index)
    rows = rows[rows["revision"] == rows["issued_at"].map(live.fillna(newest))]
    rows = rows[(rows["hour_utc"] >= _naive(START)) & (rows["hour_utc"] < _naive(END)) & rows["lead_hours"].between(*leads)]
    truth = frames["consumption"].query("area == 'DK1' and vintage == @vintage and quality == 'ok'")
    rows = rows.merge(truth[["hour_utc", "consumption_mwh"]], on="hour_utc")
    return [float((rows["consumption_mwh"] <= rows[quantile_column(level)]).mean()) for level in QUANTILES], len(rows)


@pytest.mark.parametrize(("bucket", "leads"), [(None, (1, 48)), *zip(LEAD_BUCKET_NAMES, LEAD_BUCKETS, strict=True)])
def test_every_level_is_counted_as_by_hand(
    store: Store, frames: dict[str, pd.DataFrame], bucket: str | None, leads: tuple[int, int]
) -> None:
    found = store.reliability("DK1", start=START, end=END, lead_bucket=bucket).rows
    shares, n = _by_hand(frames, "preliminary", leads=leads)
    assert [row.level for row in found] == list(QUANTILES)
    assert [row.share for row in found] == pytest.approx(shares)
    assert {row.n for row in found} == {n}


def test_either_truth_can_be_asked_for(tmp_path: Path) -> None:
    frames = sample_frames(NOW, days=12)
    consumption = frames["consumption"].query("vintage == 'preliminary'")
    settled = consumption.assign(vintage="settled", consumption_mwh=consumption["consumption_mwh"] * 1.01)
    frames["consumption"] = pd.concat([consumption, settled])
    write_snapshot(tmp_path, frames, as_of=NOW)
    with Store(tmp_path) as store:
        found = store.reliability("DK1", start=START, end=END, vintage="settled").rows
    shares, n = _by_hand(frames, "settled", leads=(1, 48))
    assert n > 0
    assert [row.share for row in found] == pytest.approx(shares)


def test_coverage_is_what_lies_between_the_levels(store: Store) -> None:
    shares = {row.level: row.share for row in store.reliability("DK2", start=START, end=END).rows}
    (ours,) = (row for row in store.scorecard(start=START, end=END, area="DK2").rows if row.forecaster == "forecast")
    assert ours.coverage_80 == pytest.approx(shares[0.9] - shares[0.1], abs=0.01)
    assert ours.coverage_90 == pytest.approx(shares[0.95] - shares[0.05], abs=0.01)


def test_the_whole_table_can_be_asked_and_nothing_judged_is_no_row(store: Store) -> None:
    assert len(store.reliability("DK1").rows) == len(QUANTILES)
    assert store.reliability("DK9").rows == []
    assert store.reliability("DK1", lead_bucket="99-99").rows == []
    assert store.reliability("DK1", start=NOW + timedelta(days=9)).rows == []


@pytest.mark.parametrize(("area", "parts"), [("DK1", ["DK1"]), ("DK", ["DK1", "DK2"])])
def test_the_temperature_of_a_day_is_the_mean_of_its_hours(
    store: Store, frames: dict[str, pd.DataFrame], area: str, parts: list[str]
) -> None:
    start = NOW - timedelta(days=5)
    rows = frames["consumption_features"].query("area in @parts and consumer_group == 'total'").dropna(subset="temperature_c_day0")
    rows = rows[(rows["hour_utc"] >= _naive(start)) & (rows["hour_utc"] < _naive(NOW))]
    hourly = rows.groupby("hour_utc")["temperature_c_day0"].agg(["mean", "size"]).reset_index()
    hourly = hourly[hourly["size"] == len(parts)]
    daily = hourly.groupby(to_danish(hourly["hour_utc"]).dt.date)["mean"].agg(["mean", "size"])
    found = store.day_temperatures(area, start=start, end=NOW).rows
    assert [row.day for row in found] == list(daily.index)
    assert [row.temperature_c for row in found] == pytest.approx(list(daily["mean"]))
    assert [row.hours for row in found] == list(daily["size"])
    assert 25 in {row.hours for row in found}
