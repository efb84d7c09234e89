from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_dagster.domain.calendar import (
    BRIDGE,
    CHRISTMAS,
    DENMARK,
    HOLIDAY,
    HOLIDAY_REACH_DAYS,
    SATURDAY,
    SUNDAY,
    WORKDAY,
    calendar_features,
    day_ahead_issue,
    day_kind,
    daylight_length,
    days_to_holiday,
    delivery_day_hours,
    is_public_holiday,
    sun_elevation,
)
from energy_dagster.domain.tables import CALENDAR_FEATURES
from energy_dagster_tests.domain.synthetic import at, hour_index

DAYS = st.dates(date(2018, 1, 1), date(2035, 12, 30))


def features_of(text: str) -> "pd.Series[float]":
    return calendar_features(pd.DatetimeIndex([text]).as_unit("us")).iloc[0]


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 6, 1), 24), (date(2026, 10, 25), 25), (date(2027, 3, 28), 23), (date(2027, 10, 31), 25)],
)
def test_a_delivery_day_has_the_hours_of_its_local_day(day: date, hours: int) -> None:
    assert len(delivery_day_hours(day)) == hours


@given(day=DAYS)
def test_delivery_days_tile_time(day: date) -> None:
    both = [*delivery_day_hours(day), *delivery_day_hours(day + timedelta(days=1))]
    assert both == [both[0] + timedelta(hours=n) for n in range(len(both))]


@given(day=DAYS)
def test_every_hour_of_a_delivery_day_lies_in_its_local_day(day: date) -> None:
    assert {hour.astimezone(DENMARK).date() for hour in delivery_day_hours(day)} == {day}


@given(day=DAYS)
def test_a_delivery_day_starts_at_local_midnight(day: date) -> None:
    local = delivery_day_hours(day)[0].astimezone(DENMARK)
    assert (local.hour, local.minute) == (0, 0)


@pytest.mark.parametrize(
    ("day", "hour"), [(date(2026, 7, 2), 8), (date(2026, 1, 15), 9), (date(2026, 3, 29), 9), (date(2026, 3, 30), 8)]
)
def test_the_day_ahead_product_stands_at_ten_local_on_the_day_before(day: date, hour: int) -> None:
    before = day - timedelta(days=1)
    assert day_ahead_issue(day) == datetime(before.year, before.month, before.day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),
        date(2026, 4, 2),  # Maundy Thursday
        date(2026, 4, 3),  # Good Friday
        date(2026, 4, 6),  # Easter Monday
        date(2026, 5, 14),  # Ascension Day
        date(2026, 5, 25),  # Whit Monday
        date(2026, 6, 5),  # Constitution Day
        date(2026, 12, 25),
        date(2026, 12, 26),
    ],
)
def test_a_danish_holiday_is_one(day: date) -> None:
    assert is_public_holiday(day)


def test_store_bededag_was_a_holiday_until_2023() -> None:
    assert is_public_holiday(date(2023, 5, 5))


@pytest.mark.parametrize("day", [date(2024, 4, 26), date(2025, 5, 16), date(2026, 5, 1)])
def test_store_bededag_is_a_workday_from_2024(day: date) -> None:
    assert day_kind(day) == WORKDAY


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 3, 2), WORKDAY),  # a Monday after a plain weekend
        (date(2026, 4, 7), WORKDAY),  # the Tuesday after Easter
        (date(2026, 5, 13), WORKDAY),
        (date(2026, 5, 14), HOLIDAY),
        (date(2026, 5, 15), BRIDGE),
        (date(2026, 5, 16), SATURDAY),
        (date(2026, 5, 17), SUNDAY),
        (date(2025, 5, 30), BRIDGE),
        (date(2026, 12, 23), WORKDAY),
        (date(2026, 12, 24), CHRISTMAS),
        (date(2026, 12, 25), HOLIDAY),
        (date(2026, 12, 27), CHRISTMAS),
        (date(2026, 12, 31), CHRISTMAS),
        (date(2027, 1, 1), HOLIDAY),
        (date(2027, 1, 4), WORKDAY),
    ],
)
def test_a_day_has_its_kind(day: date, kind: int) -> None:
    assert day_kind(day) == kind


@pytest.mark.parametrize(("day", "ahead", "behind"), [(date(2026, 4, 1), 1, 7), (date(2026, 4, 4), 1, 1), (date(2026, 4, 3), 0, 0)])
def test_the_distance_to_a_holiday_is_counted_in_days(day: date, ahead: int, behind: int) -> None:
    assert (days_to_holiday(day, 1), days_to_holiday(day, -1)) == (ahead, behind)


@given(day=DAYS, direction=st.sampled_from([1, -1]))
def test_the_distance_to_a_holiday_leads_to_one_or_says_far(day: date, direction: int) -> None:
    distance = days_to_holiday(day, direction)
    passed = [day + timedelta(days=direction * n) for n in range(distance)]
    assert not any(map(is_public_holiday, passed))
    assert distance == HOLIDAY_REACH_DAYS or is_public_holiday(day + timedelta(days=direction * distance))


def elevation(text: str) -> float:
    return float(sun_elevation(pd.DatetimeIndex([text]))[0])


def test_the_summer_sun_stands_57_degrees_high_at_noon() -> None:
    assert elevation("2026-06-21T11:00") == pytest.approx(57.3, abs=0.7)


def test_the_winter_sun_stands_10_degrees_high_at_noon() -> None:
    assert elevation("2026-12-21T11:00") == pytest.approx(10.6, abs=0.7)


@pytest.mark.parametrize("day", ["2026-06-21", "2026-12-21", "2026-03-20"])
def test_the_sun_is_below_the_horizon_at_midnight(day: str) -> None:
    assert elevation(f"{day}T23:00") < -5


def test_daylight_lasts_17_and_a_half_hours_in_summer_and_7_in_winter() -> None:
    summer, winter = daylight_length(np.array([172, 355]))
    assert summer == pytest.approx(17.4, abs=0.3)
    assert winter == pytest.approx(6.9, abs=0.3)


@pytest.mark.parametrize(
    ("hour_utc", "local_hour", "day_of_week"),
    [
        ("2026-03-28T23:00", 0, 6),
        ("2026-03-29T00:00", 1, 6),
        ("2026-03-29T01:00", 3, 6),
        ("2026-10-25T00:00", 2, 6),
        ("2026-10-25T01:00", 2, 6),
        ("2026-10-25T23:00", 0, 0),
        ("2026-06-30T22:00", 0, 2),
    ],
)
def test_local_hour_and_day_of_week_are_right_across_the_clock_change(hour_utc: str, local_hour: int, day_of_week: int) -> None:
    row = features_of(hour_utc)
    assert (row["local_hour"], row["day_of_week"]) == (local_hour, day_of_week)


def test_the_kind_of_day_follows_the_local_day_not_the_utc_one() -> None:
    assert features_of("2026-12-31T22:00")["day_kind"] == CHRISTMAS
    assert features_of("2026-12-31T23:00")["day_kind"] == HOLIDAY


def test_calendar_features_have_the_columns_of_the_contract_in_order() -> None:
    hours = hour_index(at("2026-03-28"), at("2026-03-31"))
    frame = calendar_features(hours)
    assert list(frame.columns) == [column.name for column in CALENDAR_FEATURES]
    assert frame.index.equals(hours)
    assert not frame.isna().any().any()


@given(day=DAYS, count=st.integers(1, 100), offset=st.integers(0, 99))
def test_calendar_features_of_an_hour_do_not_depend_on_its_window(day: date, count: int, offset: int) -> None:
    start = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - naive UTC
    window = calendar_features(hour_index(start, start + timedelta(hours=count)))
    alone = calendar_features(pd.DatetimeIndex(window.index[[offset % count]]))
    pd.testing.assert_frame_equal(alone, window.iloc[[offset % count]], check_exact=True, check_freq=False)


@pytest.mark.parametrize(
    ("day", "area", "kind"),
    [
        (date(2026, 7, 14), "FR", HOLIDAY),
        (date(2026, 7, 14), "DK1", WORKDAY),
        (date(2026, 7, 13), "FR", BRIDGE),  # a Monday before it
        (date(2026, 6, 5), "SE3", WORKDAY),  # Constitution Day is Danish
        (date(2026, 6, 4), "DE-LU", HOLIDAY),  # Corpus Christi, of most Germans
        (date(2019, 11, 20), "DE-LU", WORKDAY),  # Repentance Day, of Saxons only
        (date(2026, 12, 24), "DE-LU", CHRISTMAS),
        (date(2026, 5, 14), "North", WORKDAY),  # no country, no holidays
    ],
)
def test_a_day_has_the_kind_it_has_in_the_country_of_an_area(day: date, area: str, kind: int) -> None:
    assert day_kind(day, area) == kind


def test_the_distance_to_a_holiday_is_to_one_of_the_country_of_an_area() -> None:
    assert [days_to_holiday(date(2026, 7, 12), 1, area) for area in ("FR", "DK1")] == [2, HOLIDAY_REACH_DAYS]
    assert [days_to_holiday(date(2026, 7, 15), -1, area) for area in ("FR", "DK1")] == [1, HOLIDAY_REACH_DAYS]


@given(day=DAYS, direction=st.sampled_from([1, -1]), area=st.sampled_from(["DK1", "SE3", "DE-LU", "North"]))
def test_the_distance_to_a_holiday_of_any_country_leads_to_one_or_says_far(day: date, direction: int, area: str) -> None:
    distance = days_to_holiday(day, direction, area)
    passed = [day + timedelta(days=direction * n) for n in range(distance)]
    assert not any(is_public_holiday(each, area) for each in passed)
    assert distance == HOLIDAY_REACH_DAYS or is_public_holiday(day + timedelta(days=direction * distance), area)


def test_calendar_features_know_the_holidays_of_their_area() -> None:
    hours = hour_index(at("2026-07-13T22:00"), at("2026-07-14T22:00"))
    danish, french = (calendar_features(hours, area) for area in ("DK1", "FR"))
    assert set(danish["day_kind"]) == {WORKDAY}
    assert set(french["day_kind"]) == {HOLIDAY}
    kept = [name for name in danish.columns if name not in {"day_kind", "days_to_holiday", "days_since_holiday"}]
    pd.testing.assert_frame_equal(danish[kept], french[kept])
