from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from api.app import create_app
from energy_dagster.domain.tables import LEAD_BUCKET_NAMES, QUANTILE_COLUMNS
from energy_dagster.settings import Settings
from energy_dagster.store.reader import Store
from energy_dagster_tests.api.conftest import Client
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot

HOUR = timedelta(hours=1)
ROUTES = (
    "/v1/series",
    "/v1/forecasts?area=DK1",
    "/v1/actuals?area=DK1",
    "/v1/revisions?area=DK1",
    "/v1/errors?area=DK1",
    "/v1/scorecard",
    "/v1/issues",
    "/v1/forecasts/day-ahead/today?area=DK",
    "/v1/series/DK/total",
    "/v1/models",
    "/v1/snapshot",
)


def _z(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _rows(client: Client, path: str) -> list[dict[str, Any]]:
    response = client.get(path)
    assert response.status_code == 200, response.text
    rows: list[dict[str, Any]] = response.json()["rows"]
    return rows


def _times(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [found for entry in value.values() for found in _times(entry)]
    if isinstance(value, list):
        return [found for entry in value for found in _times(entry)]
    return [value] if isinstance(value, str) and value[4:5] == "-" and "T" in value else []


@pytest.mark.parametrize("path", ROUTES)
def test_every_answer_names_its_snapshot_and_unit(client: Client, path: str) -> None:
    body = client.get(path).json()
    assert body["unit"] == "MWh"
    assert body["rows"]
    snapshot = body["snapshot"]
    assert (snapshot["as_of"], snapshot["source"], snapshot["simulated"], snapshot["label"]) == (
        _z(NOW),
        "sandbox",
        True,
        "SIMULATED",
    )


@pytest.mark.parametrize("path", ROUTES)
def test_every_time_ends_with_z(client: Client, path: str) -> None:
    times = _times(client.get(path).json())
    assert len(times) >= 2
    assert all(time.endswith("Z") for time in times)


@pytest.mark.parametrize("path", ROUTES)
def test_an_answer_the_caller_has_is_304_without_a_body(client: Client, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": f'"other", {first.headers["ETag"]}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_entity_tag_changes_with_the_snapshot(tmp_path: Path) -> None:
    models = {"models": sample_frames(NOW, days=1)["models"]}
    write_snapshot(tmp_path, models, as_of=NOW)
    with TestClient(create_app(Settings(), Store(tmp_path))) as client:
        before = client.get("/v1/models").headers["ETag"]
        write_snapshot(tmp_path, models, as_of=NOW)
        after = client.get("/v1/models", headers={"If-None-Match": before})
    assert after.status_code == 200
    assert after.headers["ETag"] != before


def test_measured_sources_carry_no_label(tmp_path: Path) -> None:
    write_snapshot(tmp_path, {"models": sample_frames(NOW, days=1)["models"]}, as_of=NOW, source="live")
    with TestClient(create_app(Settings(source="live"), Store(tmp_path))) as client:
        snapshot = client.get("/v1/models").json()["snapshot"]
        assert (snapshot["source"], snapshot["simulated"], snapshot["label"]) == ("live", False, None)
        assert "SIMULATED" not in client.get("/").text


def test_large_answers_are_compressed(client: Client) -> None:
    response = client.get("/v1/actuals?area=DK1", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in response.headers["Vary"]


def test_series_are_listed_with_their_names(client: Client) -> None:
    rows = _rows(client, "/v1/series")
    assert (rows[0]["series_id"], rows[0]["name"]) == ("DK/total", "Denmark")
    assert rows[1]["newest_issue"] == _z(NOW)


def test_the_latest_forecast_has_48_hours_and_every_quantile(client: Client) -> None:
    rows = _rows(client, "/v1/forecasts?area=DK1")
    assert [row["hour_utc"] for row in rows] == [_z(NOW + lead * HOUR) for lead in range(1, 49)]
    assert all(set(QUANTILE_COLUMNS) <= set(row) for row in rows)


def test_a_forecast_is_found_by_its_issue_time(client: Client) -> None:
    issued_at = _z(NOW - 5 * HOUR)
    rows = _rows(client, f"/v1/forecasts?area=DK&issued_at={issued_at}")
    assert {row["issued_at"] for row in rows} == {issued_at}


def test_only_the_quantiles_asked_for_are_columns(client: Client) -> None:
    rows = _rows(client, "/v1/forecasts?area=DK1&quantiles=0.9,0.1,0.50")
    assert [name for name in rows[0] if name in QUANTILE_COLUMNS] == ["q10", "q50", "q90"]
    assert rows[0]["q10"] <= rows[0]["q50"] <= rows[0]["q90"]


def test_windows_hold_their_start_and_not_their_end(client: Client) -> None:
    window = f"start={_z(NOW + 2 * HOUR)}&end={_z(NOW + 4 * HOUR)}"
    rows = _rows(client, f"/v1/forecasts?area=DK1&{window}")
    assert [row["lead_hours"] for row in rows] == [2, 3]


def test_an_hour_outside_the_issue_is_an_empty_answer(client: Client) -> None:
    issued_at = _z(NOW - 5 * HOUR)
    assert _rows(client, f"/v1/forecasts?area=DK1&issued_at={issued_at}&start={_z(NOW + timedelta(days=30))}") == []


def test_actuals_default_to_the_seven_days_before_the_snapshot(client: Client) -> None:
    rows = _rows(client, "/v1/actuals?area=DK1")
    assert rows[0]["hour_utc"] == _z(NOW - timedelta(days=7))
    assert rows[-1]["hour_utc"] == _z(NOW - 3 * HOUR)


def test_actuals_can_be_asked_for_in_one_vintage(client: Client) -> None:
    start, end = _z(NOW - timedelta(days=10)), _z(NOW - timedelta(days=10) + HOUR)
    rows = _rows(client, f"/v1/actuals?area=DK1&start={start}&end={end}&vintage=settled")
    told = [(row["vintage"], row["consumption_mwh"], row["quality"], row["published_mwh"]) for row in rows]
    assert told == [("settled", None, "missing", None)]
    best = _rows(client, f"/v1/actuals?area=DK1&start={start}&end={end}")
    assert [row["vintage"] for row in best] == ["preliminary"]


def test_actuals_tell_what_the_source_said(client: Client) -> None:
    rows = _rows(client, "/v1/actuals?area=DK1")
    assert all(row["published_mwh"] == row["consumption_mwh"] > 0 for row in rows)


def test_revisions_default_to_a_window_that_reaches_settled_days(client: Client) -> None:
    rows = _rows(client, "/v1/revisions?area=DK1")
    assert (rows[0]["day"], rows[-1]["day"]) == ("2026-05-21", "2026-06-09")
    assert [row["hours"] for row in rows[-3:]] == [23, 24, 11]


def test_a_revised_day_is_the_difference_of_its_actuals(client: Client) -> None:
    window = "area=DK2&start=2026-06-04T22:00:00Z&end=2026-06-05T22:00:00Z"
    (day,) = _rows(client, f"/v1/revisions?{window}")
    fast, late = (
        [row["consumption_mwh"] for row in _rows(client, f"/v1/actuals?{window}&vintage={vintage}")]
        for vintage in ("preliminary", "settled")
    )
    differences = [after - before for before, after in zip(fast, late, strict=True)]
    assert (day["day"], day["hours"]) == ("2026-06-05", 24)
    assert (day["preliminary_mwh"], day["settled_mwh"]) == (pytest.approx(sum(fast)), pytest.approx(sum(late)))
    assert day["difference_mwh"] == pytest.approx(sum(differences))
    assert day["mean_abs_difference_mwh"] == pytest.approx(sum(map(abs, differences)) / 24)
    assert day["largest_abs_difference_mwh"] == pytest.approx(max(map(abs, differences)))
    assert day["difference_share"] == pytest.approx(sum(differences) / sum(fast))


def test_times_with_an_offset_are_understood(client: Client) -> None:
    rows = _rows(client, "/v1/actuals?area=DK1&start=2026-06-16T02:00:00%2B02:00&end=2026-06-16T03:00:00%2B02:00")
    assert [row["hour_utc"] for row in rows] == ["2026-06-16T00:00:00Z"]


def test_errors_can_be_cut_to_a_lead_bucket(client: Client) -> None:
    rows = _rows(client, "/v1/errors?area=DK2&lead_bucket=13-24")
    assert {row["lead_bucket"] for row in rows} == {"13-24"}


@pytest.mark.parametrize(
    ("by", "first", "rows_of"),
    [
        ("day", "2026-06-11T22:00:00Z", 6),
        ("month", "2026-05-31T22:00:00Z", 1),
        ("lead_bucket", "2026-06-12T00:00:00Z", len(LEAD_BUCKET_NAMES)),
    ],
)
def test_errors_can_be_summed_up(client: Client, by: str, first: str, rows_of: int) -> None:
    window = "start=2026-06-12T00:00:00Z&end=2026-06-17T00:00:00Z"
    rows = _rows(client, f"/v1/errors?area=DK1&by={by}&{window}")
    assert (len(rows), rows[0]["period_start"]) == (rows_of, first)
    hours = _rows(client, f"/v1/errors?area=DK1&{window}")
    assert sum(row["issues"] for row in rows) == sum(row["issues"] for row in hours)
    weighed = [sum(row["issues"] * row["abs_error_mwh"] for row in some) for some in (rows, hours)]
    assert weighed[0] == pytest.approx(weighed[1])
    squares = [sum(row["issues"] * row["rmse_mwh"] ** 2 for row in some) for some in (rows, hours)]
    assert squares[0] == pytest.approx(squares[1])


def test_the_scorecard_sets_every_forecaster_side_by_side(client: Client) -> None:
    rows = _rows(client, "/v1/scorecard?area=DK1&by=lead_bucket")
    assert [row["lead_bucket"] for row in rows[::3]] == list(LEAD_BUCKET_NAMES)
    assert [row["forecaster"] for row in rows[:3]] == ["forecast", "weekly_naive", "tso"]
    assert {row["hours"] for row in rows[:3]} == {rows[0]["hours"]}
    assert rows[1]["skill"] == 0
    assert rows[0]["skill"] == pytest.approx(1 - rows[0]["mae_mwh"] / rows[1]["mae_mwh"])


def test_the_scorecard_of_days_is_told_in_local_days(client: Client) -> None:
    assert _rows(client, "/v1/scorecard?area=DK1&by=day")[0]["day"] == "2026-06-05"


def test_the_day_ahead_product_is_the_day_as_it_stood_at_ten(client: Client) -> None:
    rows = _rows(client, "/v1/forecasts/day-ahead/2026-06-16?area=DK1&quantiles=0.5")
    assert {row["issued_at"] for row in rows} == {"2026-06-15T08:00:00Z"}
    assert (len(rows), rows[0]["hour_utc"], rows[-1]["hour_utc"]) == (24, "2026-06-15T22:00:00Z", "2026-06-16T21:00:00Z")


def test_tomorrow_is_the_day_after_the_snapshots_own(client: Client) -> None:
    (first, *_) = _rows(client, "/v1/forecasts/day-ahead/tomorrow?area=DK1")
    assert (first["hour_utc"], first["issued_at"]) == ("2026-06-17T22:00:00Z", "2026-06-17T08:00:00Z")


@pytest.mark.parametrize("day", ["2026-06-19", "2026-01-01"])
def test_a_day_without_a_gate_forecast_is_not_found(client: Client, day: str) -> None:
    assert client.get(f"/v1/forecasts/day-ahead/{day}?area=DK1").json()["type"] == "/docs#unknown-issue"


def test_the_issue_that_stood_at_a_time_is_found(client: Client) -> None:
    rows = _rows(client, f"/v1/forecasts?area=DK1&as_of={_z(NOW - 4 * HOUR - timedelta(minutes=1))}")
    assert {row["issued_at"] for row in rows} == {_z(NOW - 5 * HOUR)}


def test_an_issue_time_and_an_as_of_time_contradict_each_other(client: Client) -> None:
    answer = client.get(f"/v1/forecasts?area=DK1&as_of={_z(NOW)}&issued_at={_z(NOW)}")
    assert (answer.status_code, answer.json()["type"]) == (422, "/docs#contradiction")


def test_a_range_of_issues_holds_its_start_and_not_its_end(client: Client) -> None:
    rows = _rows(client, f"/v1/forecasts?area=DK1&issued_at={_z(NOW - 5 * HOUR)}/{_z(NOW - 3 * HOUR)}")
    assert [row["issued_at"] for row in rows[::48]] == [_z(NOW - 5 * HOUR), _z(NOW - 4 * HOUR)]
    assert len(rows) == 96


def test_a_revision_that_is_not_served_can_be_asked_for(client: Client) -> None:
    issue = f"/v1/forecasts?area=DK1&issued_at={_z(NOW - 6 * HOUR)}"
    assert {(row["revision"], row["origin"]) for row in _rows(client, issue)} == {(1, "live")}
    assert {(row["revision"], row["origin"]) for row in _rows(client, f"{issue}&revision=2")} == {(2, "replay")}
    assert {row["revision"] for row in _rows(client, f"{issue}&origin=replay")} == {2}
    assert client.get(f"{issue}&revision=3").json()["type"] == "/docs#unknown-issue"


def test_issues_come_oldest_first(client: Client) -> None:
    rows = _rows(client, f"/v1/issues?start={_z(NOW - 2 * HOUR)}")
    assert [row["issued_at"] for row in rows] == [_z(NOW - 2 * HOUR), _z(NOW - HOUR), _z(NOW)]
    assert {row["series"] for row in rows} == {3}


def test_the_provenance_of_an_issue_begins_with_itself(client: Client) -> None:
    (first, *_) = _rows(client, "/v1/provenance")
    assert (first["steps"], first["asset"], first["partition"]) == (0, "predictions", f"{NOW:%Y-%m-%d-%H:%M}")


def test_a_model_is_told_in_full(client: Client) -> None:
    (row,) = _rows(client, "/v1/models/model-b")
    assert row == _rows(client, "/v1/models?limit=1")[0]
    assert isinstance(row["parameters"], dict)
    assert row["areas"] == ["DK1", "DK2"]


def test_provisional_hours_are_those_settlement_has_not_reached(client: Client) -> None:
    rows = _rows(client, f"/v1/actuals?area=DK1&start={_z(NOW - timedelta(days=20))}")
    assert {(row["vintage"], row["provisional"]) for row in rows} == {("settled", False), ("preliminary", True)}


def test_models_are_limited(client: Client) -> None:
    assert [row["model_version"] for row in _rows(client, "/v1/models?limit=1")] == ["model-b"]


def test_the_snapshot_tells_how_new_each_table_is(client: Client) -> None:
    newest = {row["table"]: row["newest"] for row in _rows(client, "/v1/snapshot")}
    assert newest["predictions"] == _z(NOW)


def test_a_live_process_says_so_whatever_is_published(client: Client, empty_client: Client) -> None:
    assert client.get("/health/live").json() == empty_client.get("/health/live").json() == {"status": "live"}


def test_a_ready_process_names_its_snapshot(client: Client) -> None:
    snapshot = client.get("/v1/snapshot").json()["snapshot"]["snapshot_id"]
    parts = {"warehouse": "ready", "keys": "ready"}
    assert client.get("/health/ready").json() == {"status": "ready", "snapshot_id": snapshot, "parts": parts}
