from datetime import timedelta
from statistics import fmean

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from energy_dagster.domain.contracts import conform, empty
from energy_dagster.domain.explanation import COLUMNS as EXPLAINED_COLUMNS
from energy_dagster.domain.scoring import score_hours
from energy_dagster.domain.tables import CONSUMPTION, ERROR_METRICS, PREDICTIONS, QUANTILES, quantile_column
from energy_dagster_tests.domain.synthetic import at

HOUR = at("2026-03-10T12:00")


def prediction(
    lead: int, line: float, *, area: str = "DK1", naive: float | None = 90.0, origin: str = "live", hour: object = HOUR
) -> dict[str, object]:
    """A forecast whose quantile q lies (q - 0.5) * 100 MWh off the line: P10 to P90 is the line plus or minus 40."""
    quantiles = {quantile_column(level): line + 100 * (level - 0.5) for level in QUANTILES}
    return {
        "issued_at": pd.Timestamp(str(hour)) - timedelta(hours=lead),
        "area": area,
        "consumer_group": "total",
        "hour_utc": hour,
        "lead_hours": lead,
        **quantiles,
        **dict.fromkeys(EXPLAINED_COLUMNS),
        "naive_mwh": naive,
        "rung": "full",
        "origin": origin,
        "model_version": "m",
        "consumption_cutoff": HOUR,
        "weather_cutoff": None,
        "created_at": HOUR,
        "run_id": "r",
    }


def predictions(*rows: dict[str, object]) -> pd.DataFrame:
    return conform(PREDICTIONS, pd.DataFrame(list(rows)))


def actual(value: float | None, *, vintage: str = "preliminary", quality: str = "ok", area: str = "DK1") -> dict[str, object]:
    return {
        "hour_utc": HOUR,
        "area": area,
        "consumer_group": "total",
        "vintage": vintage,
        "consumption_mwh": value,
        "quality": quality,
        "published_mwh": value,
        "source_version": "",
        "fetched_at": HOUR,
    }


def truth(*rows: dict[str, object]) -> pd.DataFrame:
    return conform(CONSUMPTION, pd.DataFrame(list(rows)))


def test_scores_are_those_computed_by_hand() -> None:
    rows = score_hours(
        predictions(prediction(1, 110.0), prediction(3, 65.0, origin="replay"), prediction(6, 145.0)), truth(actual(100.0))
    )
    assert len(rows) == 1
    row = rows.iloc[0]
    pinballs = [
        fmean(max(level * (100 - q), (level - 1) * (100 - q)) for level in QUANTILES for q in [line + 100 * (level - 0.5)])
        for line in (110.0, 65.0, 145.0)
    ]
    assert row["lead_bucket"] == "01-06"
    assert row["actual_mwh"] == 100.0
    assert row["forecast_mwh"] == pytest.approx((110 + 65 + 145) / 3)
    assert row["error_mwh"] == pytest.approx((10 - 35 + 45) / 3)
    assert row["abs_error_mwh"] == pytest.approx((10 + 35 + 45) / 3)
    assert row["squared_error_mwh2"] == pytest.approx((10**2 + 35**2 + 45**2) / 3)
    assert row["naive_mwh"] == 90.0
    assert row["naive_abs_error_mwh"] == 10.0
    assert row["pinball_mwh"] == pytest.approx(fmean(pinballs))
    assert row["inside_80"] == pytest.approx(2 / 3)
    assert row["inside_90"] == 1.0
    assert (row["issues"], row["live_issues"]) == (3, 2)


def test_lead_buckets_are_judged_apart() -> None:
    rows = score_hours(predictions(*(prediction(lead, 100.0 + lead) for lead in (6, 7, 12, 13, 24, 25, 48))), truth(actual(100.0)))
    assert rows.set_index("lead_bucket")["issues"].to_dict() == {"01-06": 1, "07-12": 2, "13-24": 2, "25-48": 2}
    assert rows.set_index("lead_bucket")["error_mwh"].to_dict() == {"01-06": 6.0, "07-12": 9.5, "13-24": 18.5, "25-48": 36.5}


def test_vintages_are_judged_apart() -> None:
    rows = score_hours(predictions(prediction(1, 110.0)), truth(actual(100.0), actual(104.0, vintage="settled")))
    assert rows.set_index("vintage")["error_mwh"].to_dict() == {"preliminary": 10.0, "settled": 6.0}


def test_areas_are_judged_apart() -> None:
    rows = score_hours(
        predictions(prediction(1, 110.0), prediction(1, 50.0, area="DK2")), truth(actual(100.0), actual(60.0, area="DK2"))
    )
    assert rows.set_index("area")["error_mwh"].to_dict() == {"DK1": 10.0, "DK2": -10.0}


def test_hours_without_actuals_are_never_scored() -> None:
    rows = score_hours(predictions(prediction(1, 110.0, hour=HOUR + timedelta(hours=1))), truth(actual(100.0)))
    assert_frame_equal(rows, empty(ERROR_METRICS))


@pytest.mark.parametrize("quality", ["missing", "zero", "negative", "spike"])
def test_hours_whose_actual_is_not_usable_are_never_scored(quality: str) -> None:
    assert len(score_hours(predictions(prediction(1, 110.0)), truth(actual(None, quality=quality)))) == 0


def test_without_predictions_nothing_is_scored() -> None:
    assert_frame_equal(score_hours(empty(PREDICTIONS), truth(actual(100.0))), empty(ERROR_METRICS))


def test_an_hour_without_a_naive_is_scored_without_it() -> None:
    row = score_hours(predictions(prediction(1, 110.0, naive=None)), truth(actual(100.0))).iloc[0]
    assert row["abs_error_mwh"] == 10.0
    assert pd.isna(row["naive_mwh"])
    assert pd.isna(row["naive_abs_error_mwh"])


def test_the_naive_is_that_of_the_newest_issue() -> None:
    rows = score_hours(predictions(prediction(6, 100.0, naive=95.0), prediction(1, 100.0, naive=90.0)), truth(actual(100.0)))
    assert rows["naive_mwh"].tolist() == [90.0]


def test_scores_keep_the_contract() -> None:
    rows = score_hours(
        predictions(*(prediction(lead, 100.0) for lead in range(1, 49))), truth(actual(100.0), actual(99.0, vintage="settled"))
    )
    assert len(conform(ERROR_METRICS, rows)) == 8
