"""No hour is without a forecast: whatever the sources do, an issue is asked for at ten past at the latest, and once."""

import pytest

from energy_dagster_tests.defs.automation_life import Asked, Life, union_of

SOURCES = frozenset({"raw_load", "raw_weather", "consumption", "consumption_features"})
"""What a run of the hour makes; while a source is down none of it is made."""


@pytest.fixture
def life() -> Life:
    begun = Life()
    for minute in (10, 11, 12, 13):
        begun.tick(9, minute)
    return begun


def issues(ticks: list[Asked]) -> list[set[str | None]]:
    return [keys for tick in ticks if (keys := tick.get("predictions", set()))]


def test_while_the_sources_are_down_the_issue_is_asked_for_at_ten_past(life: Life) -> None:
    before = [life.tick(10, minute, down=SOURCES) for minute in (1, 4, 5, 6, 8, 9)]
    assert issues(before) == []
    assert life.tick(10, 10, down=SOURCES)["predictions"] == {"2025-10-27T10"}


def test_data_that_come_late_lead_to_no_second_issue(life: Life) -> None:
    ticks = [life.tick(10, minute, down=SOURCES) for minute in (4, 5, 8, 10)]
    for asset in ("raw_load", "consumption", "consumption_features"):
        life.make(asset, "2025-10-01")
    ticks += [life.tick(10, minute) for minute in (14, 15, 30, 45, 59)]
    assert issues(ticks) == [{"2025-10-27T10"}]


def test_data_that_come_before_ten_past_are_waited_for_and_the_issue_follows_at_once(life: Life) -> None:
    assert issues([life.tick(10, minute, down=SOURCES) for minute in (4, 5, 6)]) == []
    for asset in ("raw_load", "consumption", "consumption_features"):
        life.make(asset, "2025-10-01")
    assert issues([life.tick(10, minute) for minute in (7, 8, 10, 11)]) == [{"2025-10-27T10"}]


def test_through_hours_of_outage_and_after_it_each_hour_has_one_issue(life: Life) -> None:
    ticks = [
        life.tick(hour, minute, down=SOURCES if hour < 14 else frozenset())
        for hour in range(10, 17)
        for minute in (3, 5, 6, 7, 10, 11, 30)
    ]
    assert issues(ticks) == [{f"2025-10-27T{hour}"} for hour in range(10, 17)]


def test_an_issue_that_is_being_made_at_ten_past_is_not_asked_for_again(life: Life) -> None:
    life.tick(10, 5, down=SOURCES)
    life.begin("predictions", "2025-10-27T10")
    assert issues([life.requested(10, minute) for minute in (10, 11, 12)]) == []


def test_after_three_days_off_the_running_hour_is_asked_for_once_its_data_are_there(life: Life) -> None:
    ticks = [life.tick(9, minute, day=30) for minute in (2, 3, 4, 5, 6, 10, 11)]
    assert issues(ticks) == [{"2025-10-30T09"}]


def test_after_three_days_off_in_the_midst_of_an_hour_nothing_is_asked_for_twice(life: Life) -> None:
    ticks = [life.tick(9, minute, day=30) for minute in (25, 26, 27, 30, 50)]
    ticks += [life.tick(10, minute, day=30) for minute in (4, 5, 6, 7, 10, 11)]
    asked = [key for keys in issues(ticks) for key in keys]
    assert sorted(asked, key=str) == sorted(set(asked), key=str)
    assert "2025-10-30T10" in asked


@pytest.mark.parametrize("day", [26, 30])
def test_hours_of_the_days_of_25_and_24_hours_have_an_issue_each(day: int) -> None:
    life = Life(until=(day - 1, 23))
    for minute in (50, 51, 52):
        life.tick(23, minute, day=day - 1)
    ticks = [life.tick(hour, minute, day=day) for hour in range(5) for minute in (5, 6, 7, 10)]
    assert issues(ticks) == [{f"2025-10-{day}T{hour:02d}"} for hour in range(5)]


def test_the_hours_ahead_are_kept_up_while_nothing_comes_in(life: Life) -> None:
    made = [life.tick(12, 5, down=SOURCES), life.tick(12, 6), life.tick(12, 8), life.tick(12, 12)]
    assert [tick.get("consumption_features", set()) for tick in made[1:]] == [set(), {"2025-10-01"}, set()]


def test_errors_of_days_before_are_judged_when_a_late_issue_was_made(life: Life) -> None:
    life.make("predictions", "2025-10-24T23")
    made = [life.tick(9, minute) for minute in (30, 31, 32)]
    assert union_of(made, "error_metrics") >= {"2025-10-25", "2025-10-26"}


def test_a_week_without_a_model_has_its_training_tried_again_each_hour() -> None:
    life = Life(without=("forecast_model", "2025-10-27"))
    for minute in (10, 11, 12):
        life.tick(9, minute)
    asked = [life.requested(hour, 41).get("forecast_model", set()) for hour in (10, 11)]
    assert asked == [{"2025-10-27"}, {"2025-10-27"}]
