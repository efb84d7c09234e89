from datetime import UTC, date, datetime

import pytest

from energy_dagster_tests.ui.sample_rows import HOUR, actual_hour, forecast_hour, issue
from ui.summary import change_since_last_week, day_energy, peak, two_days
from ui.wording import local_day_hours

ISSUED = datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_the_peak_lies_in_the_next_24_hours() -> None:
    top = peak(issue(ISSUED))
    assert top is not None
    assert top.lead_hours == 24


def test_an_empty_forecast_has_no_peak_no_change_and_no_days() -> None:
    assert peak([]) is None
    assert change_since_last_week([]) is None
    assert two_days([], actuals=[], day_ahead=[]) == []


def test_the_change_counts_only_hours_that_last_week_knows() -> None:
    known = forecast_hour(ISSUED + HOUR, issued_at=ISSUED, middle=3000, naive=2500)
    unknown = forecast_hour(ISSUED + 2 * HOUR, issued_at=ISSUED, middle=9000, naive=None)
    assert change_since_last_week([known, unknown]) == pytest.approx(0.2)


def test_a_day_of_25_hours_sums_25_hours() -> None:
    day = date(2026, 10, 25)
    energy = day_energy(day, forecast=[], actuals=[actual_hour(hour, 100) for hour in local_day_hours(day)], day_ahead=[])
    assert (energy.energy_mwh, energy.hours, energy.is_complete) == (2500, 25, True)


def test_measured_hours_go_before_the_forecast_and_the_forecast_before_the_day_ahead_one() -> None:
    day = date(2026, 11, 24)
    hours = local_day_hours(day)
    day_ahead = [forecast_hour(hour, issued_at=ISSUED, middle=1) for hour in hours]
    forecast = [forecast_hour(hour, issued_at=ISSUED, middle=100) for hour in hours[1:]]
    energy = day_energy(day, forecast=forecast, actuals=[actual_hour(hours[2], 10_000)], day_ahead=day_ahead)
    assert energy.energy_mwh == pytest.approx(1 + 22 * 100 + 10_000)


def test_a_day_with_an_unknown_hour_is_not_complete() -> None:
    day = date(2026, 11, 24)
    actuals = [actual_hour(hour, None if n == 5 else 100) for n, hour in enumerate(local_day_hours(day))]
    energy = day_energy(day, forecast=[], actuals=actuals, day_ahead=[])
    assert (energy.hours_known, energy.is_complete) == (23, False)
