"""One example answer per route, for the documentation; tests hold them against what the routes answer."""

from typing import Any, Final

Example = dict[str, Any]

_SNAPSHOT: Final[Example] = {
    "snapshot_id": "20260617T090312Z-3f2a",
    "as_of": "2026-06-17T09:00:00Z",
    "published_at": "2026-06-17T09:03:12Z",
    "source": "sandbox",
    "simulated": True,
    "label": "SIMULATED",
}
_SERIES: Final[Example] = {"area": "DK1", "consumer_group": "total"}


def _envelope(row: Example) -> Example:
    return {"snapshot": _SNAPSHOT, "unit": "MWh", "next": None, "rows": [row]}


SERIES: Final = _envelope(
    {
        "series_id": "DK1/total",
        **_SERIES,
        "name": "West Denmark (Jutland and Funen)",
        "name_da": "Vestdanmark (Jylland og Fyn)",
        "unit": "MWh",
        "first_hour": "2024-06-16T22:00:00Z",
        "newest_hour": "2026-06-17T06:00:00Z",
        "newest_settled_hour": "2026-06-09T08:00:00Z",
        "hours": 17529,
        "coverage": 1.0,
        "age_hours": 3.0,
        "first_issue": "2026-06-03T09:00:00Z",
        "newest_issue": "2026-06-17T09:00:00Z",
        "issue_age_hours": 0.0,
    }
)

FORECASTS: Final = _envelope(
    {
        "issued_at": "2026-06-17T09:00:00Z",
        **_SERIES,
        "hour_utc": "2026-06-17T10:00:00Z",
        "lead_hours": 1,
        "naive_mwh": 2441.2,
        "level_mwh": 2310.0,
        "recent_mwh": 31.4,
        "calendar_mwh": 118.3,
        "holiday_mwh": 0.0,
        "weather_mwh": -4.1,
        "other_mwh": 6.4,
        "rung": "full",
        "origin": "live",
        "revision": 1,
        "model_version": "2026-06-15T00",
        "consumption_cutoff": "2026-06-17T06:00:00Z",
        "weather_cutoff": "2026-06-17T06:00:00Z",
        "created_at": "2026-06-17T09:01:02Z",
        "q10": 2431.5,
        "q50": 2462.0,
        "q90": 2494.8,
    }
)

DAY_AHEAD: Final = _envelope(
    {
        **FORECASTS["rows"][0],
        "issued_at": "2026-06-17T08:00:00Z",
        "hour_utc": "2026-06-17T22:00:00Z",
        "lead_hours": 14,
    }
)

ACTUALS: Final = _envelope(
    {
        **_SERIES,
        "hour_utc": "2026-06-16T10:00:00Z",
        "vintage": "preliminary",
        "provisional": True,
        "consumption_mwh": 2478.3,
        "quality": "ok",
        "published_mwh": 2478.3,
    }
)

REVISIONS: Final = _envelope(
    {
        **_SERIES,
        "day": "2026-06-08",
        "hours": 24,
        "preliminary_mwh": 58210.4,
        "settled_mwh": 58102.9,
        "difference_mwh": -107.5,
        "mean_abs_difference_mwh": 9.8,
        "largest_abs_difference_mwh": 31.2,
        "difference_share": -0.00185,
    }
)

ERRORS: Final = _envelope(
    {
        **_SERIES,
        "period_start": "2026-06-16T10:00:00Z",
        "period_end": "2026-06-16T11:00:00Z",
        "lead_bucket": "13-24",
        "vintage": "preliminary",
        "hours": 1,
        "issues": 12,
        "live_issues": 12,
        "actual_mwh": 2478.3,
        "forecast_mwh": 2461.9,
        "naive_mwh": 2440.7,
        "error_mwh": -16.4,
        "abs_error_mwh": 18.1,
        "rmse_mwh": 20.3,
        "naive_abs_error_mwh": 37.6,
        "pinball_mwh": 6.9,
        "inside_80": 0.83,
        "inside_90": 0.92,
    }
)

SCORECARD: Final = _envelope(
    {
        **_SERIES,
        "forecaster": "forecast",
        "lead_bucket": "13-24",
        "day": None,
        "month": "2026-06",
        "day_type": None,
        "weekday": None,
        "local_hour": None,
        "hours": 384,
        "n": 4608,
        "mae_mwh": 31.4,
        "wape": 0.0136,
        "mape": 0.0138,
        "rmse_mwh": 42.0,
        "bias_mwh": -2.1,
        "skill": 0.499,
        "pinball_mwh": 10.8,
        "coverage_80": 0.807,
        "coverage_90": 0.904,
    }
)

ISSUES: Final = _envelope(
    {
        "issued_at": "2026-06-17T09:00:00Z",
        "revision": 1,
        "origin": "live",
        "rung": "full",
        "model_version": "2026-06-15T00",
        "series": 3,
    }
)

PROVENANCE: Final = _envelope(
    {
        "steps": 1,
        "asset": "consumption_features",
        "partition": "2026-06-01",
        "version": "20260617T090030412000Z-8f14e45f",
        "code_version": "0.1.0+8c1f0e5a77d2",
        "run_id": "8f14e45f-ceea-467e-a6c3-9f0d2f0b6f0e",
    }
)

EVENT: Final = (
    ": connected\r\n\r\n"
    "event: snapshot\r\nid: 20260617T090312Z-3f2a\r\n"
    'data: {"snapshot_id":"20260617T090312Z-3f2a","as_of":"2026-06-17T09:00:00Z"}\r\n\r\n'
)

MODELS: Final = _envelope(
    {
        "model_version": "2026-06-15T00",
        "serves_from": "2026-06-15T00:00:00Z",
        "trained_at": "2026-06-14T22:10:00Z",
        "training_start": "2024-06-14T22:00:00Z",
        "training_end": "2026-06-14T19:00:00Z",
        "training_rows": 35040,
        "holdout_mae_mwh": 31.9,
        "holdout_naive_mae_mwh": 63.0,
        "holdout_champion_mae_mwh": 32.4,
        "holdout_skill": 0.494,
        "holdout_coverage_80": 0.81,
        "verdict": "champion",
        "reason": "beats the weekly naive and is no worse than the champion",
        "parameters": {"num_leaves": 63},
        "areas": ["DK1", "DK2"],
        "uses_weather": True,
        "importance": {"lag_168h_mwh": 0.6, "temperature_c_day1": 0.4},
        "code_version": "0.1.0+8c1f0e5a77d2",
        "inputs": {"consumption_features": {"2026-06-01": "20260608T000412000000Z-8f14e45f"}},
    }
)

SNAPSHOT: Final = _envelope(
    {
        "table": "predictions",
        "time_column": "issued_at",
        "newest": "2026-06-17T09:00:00Z",
        "rows": 2522880,
        "newest_version": "20260617T090104Z-5d1c",
    }
)

LIVE: Final[Example] = {"status": "live"}
READY: Final[Example] = {
    "status": "ready",
    "snapshot_id": "20260617T090312Z-3f2a",
    "parts": {"warehouse": "ready", "keys": "ready"},
}
