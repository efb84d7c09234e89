from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
from bokeh.plotting import figure

from ui.charts.time_axis import DAY_BOUNDARIES, FREE_DAYS, HOUR_MS, instant, is_holiday, middle, tick_label, use_local_time
from ui.wording import local_day, local_day_hours


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23), (date(2026, 6, 1), 24)])
def test_every_hour_of_a_day_has_an_evenly_spaced_place_of_its_own(day: date, hours: int) -> None:
    places = [middle(hour) for hour in local_day_hours(day)]
    assert len(places) == hours
    assert {after - before for before, after in pairwise(places)} == {HOUR_MS}


def test_the_doubled_hour_of_autumn_is_told_apart_by_its_zone() -> None:
    labels = [tick_label(hour) for hour in local_day_hours(date(2026, 10, 25))]
    assert labels[:5] == ["Sun\n25 Oct", "01:00", "02:00 CEST", "02:00 CET", "03:00"]
    assert len(set(labels)) == 25


def test_the_hour_that_spring_skips_has_no_label() -> None:
    labels = [tick_label(hour) for hour in local_day_hours(date(2026, 3, 29))]
    assert labels[:4] == ["Sun\n29 Mar", "01:00", "03:00", "04:00"]


def test_the_axis_names_its_zone() -> None:
    fig: Any = figure()
    use_local_time(fig, datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 3, tzinfo=UTC))
    assert fig.xaxis[0].axis_label == "local time, Europe/Copenhagen (CET/CEST)"


def test_a_shaded_sunday_of_25_hours_is_25_hours_wide() -> None:
    fig: Any = figure()
    start, end = local_day(date(2026, 10, 25))
    use_local_time(fig, start, end)
    sunday = fig.select_one({"name": FREE_DAYS}).data_source.data
    assert (sunday["left"], sunday["right"]) == ([instant(start)], [instant(end)])
    assert sunday["right"][0] - sunday["left"][0] == 25 * HOUR_MS


def test_weekends_and_holidays_are_shaded_and_workdays_are_not() -> None:
    fig: Any = figure()
    # Good Friday to Easter Monday 2026, then a Tuesday.
    use_local_time(fig, local_day(date(2026, 4, 3))[0], local_day(date(2026, 4, 7))[1])
    assert len(fig.select_one({"name": FREE_DAYS}).data_source.data["left"]) == 4
    assert len(fig.select_one({"name": DAY_BOUNDARIES}).data_source.data["x"]) == 5  # the last is the end of the axis


def test_constitution_day_counts_as_a_holiday() -> None:
    assert is_holiday(date(2026, 6, 5))
    assert not is_holiday(date(2026, 6, 4))
