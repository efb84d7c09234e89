from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from energy_dagster.domain.tables import QUANTILE_COLUMNS
from energy_dagster.store.queries import FORECASTS
from energy_dagster.store.reader import Store
from energy_dagster_tests.warehouse_fixture import AUTUMN, SPRING, sample_frames, write_snapshot

HOUR = timedelta(hours=1)


def test_the_newest_issue_is_served_without_a_time(store: Store) -> None:
    rows = store.forecast("DK1").rows
    assert [row.hour_utc for row in rows] == [AUTUMN + lead * HOUR for lead in range(1, 49)]
    assert {row.issued_at for row in rows} == {AUTUMN}


def test_every_time_of_a_forecast_is_aware_utc(store: Store) -> None:
    row = store.forecast("DK1").rows[0]
    times = (row.issued_at, row.hour_utc, row.consumption_cutoff, row.weather_cutoff, row.created_at)
    assert all(time is not None and time.tzinfo is UTC for time in times)


def test_the_quantiles_come_in_the_order_of_the_levels(store: Store, frames: dict[str, pd.DataFrame]) -> None:
    assert f"{', '.join(QUANTILE_COLUMNS)}" in FORECASTS
    table = frames["predictions"]
    newest = table[(table["issued_at"] == table["issued_at"].max()) & (table["area"] == "DK2")].sort_values("hour_utc")
    expected = newest[list(QUANTILE_COLUMNS)].itertuples(index=False, name=None)
    assert [row.quantiles for row in store.forecast("DK2").rows] == list(expected)


def test_an_issue_is_found_by_its_exact_time_in_any_zone(store: Store) -> None:
    local = (AUTUMN - 30 * HOUR).astimezone(ZoneInfo("America/New_York"))
    assert {row.issued_at for row in store.forecast("DK", issued_at=local).rows} == {AUTUMN - 30 * HOUR}
    assert store.forecast("DK", issued_at=AUTUMN - 30 * HOUR + timedelta(minutes=1)).rows == []


def test_as_of_serves_the_newest_issue_at_or_before(store: Store) -> None:
    between = store.forecast("DK", as_of=AUTUMN - 30 * HOUR + timedelta(minutes=59))
    assert {row.issued_at for row in between.rows} == {AUTUMN - 30 * HOUR}
    assert store.forecast("DK", as_of=AUTUMN - timedelta(days=90)).rows == []


def test_an_issue_time_and_an_as_of_time_contradict_each_other(store: Store) -> None:
    with pytest.raises(ValueError, match="found both"):
        store.forecast("DK", issued_at=AUTUMN, as_of=AUTUMN)


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="expected a time with a zone"):
        store.forecast("DK", start=AUTUMN.replace(tzinfo=None))


def test_windows_hold_their_start_and_not_their_end(store: Store) -> None:
    rows = store.forecast("DK1", start=AUTUMN + 3 * HOUR, end=AUTUMN + 6 * HOUR).rows
    assert [row.lead_hours for row in rows] == [3, 4, 5]
    ranged = store.forecasts("DK1", issued_from=AUTUMN - 2 * HOUR, issued_to=AUTUMN, end=AUTUMN + 3 * HOUR).rows
    assert {row.issued_at for row in ranged} == {AUTUMN - 2 * HOUR, AUTUMN - HOUR}
    assert max(row.hour_utc for row in ranged) == AUTUMN + 2 * HOUR


def test_unknown_series_have_no_forecast(store: Store) -> None:
    assert store.forecast("DK9").rows == []
    assert store.forecast("DK1", consumer_group="Privat").rows == []


def _with_revisions(origins: list[str]) -> pd.DataFrame:
    one = sample_frames(AUTUMN, days=1)["predictions"]
    one = one.loc[(one["issued_at"] == one["issued_at"].max()) & (one["revision"] == 1)]
    revisions: list[pd.DataFrame] = [one.assign(revision=n, origin=origin) for n, origin in enumerate(origins, start=1)]
    return pd.concat(revisions, ignore_index=True)


@pytest.mark.parametrize(
    ("origins", "served"),
    [
        (["live"], 1),
        (["live", "replay"], 1),
        (["replay", "live", "live"], 2),
        (["replay", "replay"], 2),
    ],
)
def test_the_first_live_revision_is_served_else_the_newest(tmp_path: Path, origins: list[str], served: int) -> None:
    write_snapshot(tmp_path, {"predictions": _with_revisions(origins)}, as_of=AUTUMN)
    with Store(tmp_path) as store:
        rows = store.forecast("DK1").rows
        issue = store.latest_issue().rows[0]
    assert {row.revision for row in rows} == {served}
    assert len(rows) == 48
    assert (issue.revision, issue.series) == (served, 3)


def test_issues_come_newest_first_and_limited(store: Store) -> None:
    issues = store.issues(AUTUMN - 5 * HOUR, end=AUTUMN, limit=3).rows
    assert [issue.issued_at for issue in issues] == [AUTUMN - n * HOUR for n in (1, 2, 3)]


def test_the_latest_issue_at_a_time_is_the_one_that_stood_then(store: Store) -> None:
    assert store.latest_issue().rows[0].issued_at == AUTUMN
    assert store.latest_issue(AUTUMN - timedelta(minutes=1)).rows[0].issued_at == AUTUMN - HOUR
    assert store.latest_issue(AUTUMN - timedelta(days=90)).rows == []


def test_an_issue_stands_on_the_lowest_rung_of_its_series(tmp_path: Path) -> None:
    table = _with_revisions(["live"])
    fell = table["area"] == "DK2"
    table = table.assign(rung=table["rung"].mask(fell, "naive"), model_version=table["model_version"].mask(fell, "weekly-naive"))
    write_snapshot(tmp_path, {"predictions": table}, as_of=AUTUMN)
    with Store(tmp_path) as store:
        issue = store.latest_issue().rows[0]
    assert (issue.rung, issue.model_version) == ("naive", "weekly-naive")


def test_the_day_ahead_forecast_of_a_long_day_has_25_hours(store: Store) -> None:
    rows = store.day_forecast("DK", day=date(2026, 10, 25)).rows
    assert [row.hour_utc for row in rows] == [datetime(2026, 10, 24, 22, tzinfo=UTC) + n * HOUR for n in range(25)]
    assert {row.issued_at for row in rows} == {datetime(2026, 10, 24, 8, tzinfo=UTC)}


def test_the_day_ahead_forecast_of_a_common_day_has_24_hours(store: Store) -> None:
    rows = store.day_forecast("DK", day=date(2026, 10, 26)).rows
    assert len(rows) == 24
    assert {row.issued_at for row in rows} == {datetime(2026, 10, 25, 9, tzinfo=UTC)}


def test_the_day_ahead_forecast_of_a_short_day_has_23_hours(tmp_path: Path) -> None:
    write_snapshot(tmp_path, {"predictions": sample_frames(SPRING, days=4)["predictions"]}, as_of=SPRING)
    with Store(tmp_path) as store:
        rows = store.day_forecast("DK", day=date(2026, 3, 29)).rows
    assert [row.hour_utc for row in rows] == [datetime(2026, 3, 28, 23, tzinfo=UTC) + n * HOUR for n in range(23)]
    assert {row.issued_at for row in rows} == {datetime(2026, 3, 28, 9, tzinfo=UTC)}
