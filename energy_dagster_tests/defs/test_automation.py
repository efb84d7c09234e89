"""What runs by itself, found by evaluating the conditions hour by hour."""

import pytest

from energy_dagster_tests.defs.automation_life import Life, union_of


@pytest.fixture
def life() -> Life:
    begun = Life()
    for minute in (10, 11, 12, 13):
        begun.tick(9, minute)
    return begun


def test_nothing_is_requested_between_the_hours(life: Life) -> None:
    assert life.tick(9, 30) == {}


def test_an_hour_runs_from_the_sources_to_the_published_warehouse(life: Life) -> None:
    month = {"2025-10-01"}
    assert life.tick(10, 3) == {}
    assert life.tick(10, 5) == dict.fromkeys(("raw_load", "raw_weather", "consumption", "consumption_features"), month)
    assert life.tick(10, 6) == {"predictions": {"2025-10-27T10"}, "error_metrics": {"2025-10-27"}}
    assert life.tick(10, 7) == {"warehouse": {None}}
    assert [life.tick(10, minute) for minute in (8, 9, 12, 13)] == [{}, {}, {}, {}]


def test_what_is_made_before_the_hours_issue_is_published_with_it_or_once_it_is_overdue(life: Life) -> None:
    life.tick(10, 0)
    life.make("raw_weather", "2025-10-01")
    asked = [life.tick(10, minute, down=frozenset({"predictions"})) for minute in (1, 5, 6, 7, 10, 11)]
    assert not union_of(asked, "warehouse")
    assert life.requested(10, 13)["warehouse"] == {None}


def test_what_is_made_after_the_hours_issue_is_published_at_once(life: Life) -> None:
    for minute in (0, 5, 6, 7, 8):
        life.tick(10, minute)
    life.make("error_metrics", "2025-10-27")
    assert life.tick(10, 9) == {"warehouse": {None}}


def test_what_is_made_while_it_is_published_is_published_by_another(life: Life) -> None:
    life.make("error_metrics", "2025-10-26")
    assert life.tick(9, 40) == {"warehouse": {None}}
    life.make("error_metrics", "2025-10-27")
    assert [life.tick(9, minute) for minute in (41, 42, 43)] == [{"warehouse": {None}}, {}, {}]


def test_a_late_issue_is_judged_again_and_the_one_of_the_running_hour_is_not(life: Life) -> None:
    life.make("predictions", "2025-10-25T07")
    assert life.tick(9, 40)["error_metrics"] == {"2025-10-25", "2025-10-26", "2025-10-27"}
    life.make("predictions", "2025-10-27T09")
    assert life.tick(9, 45) == {"warehouse": {None}}


def test_errors_wait_for_a_past_issue_that_is_missing() -> None:
    life = Life(without=("predictions", "2025-10-27T05"))
    for minute in (10, 11, 12, 13):
        life.tick(9, minute)
    life.make("consumption", "2025-10-01")
    assert "2025-10-27" not in union_of([life.tick(9, minute) for minute in (20, 21, 22)], "error_metrics")
    life.make("predictions", "2025-10-27T05")
    assert "2025-10-27" in life.tick(9, 30)["error_metrics"]


def test_backtests_are_made_by_nobody_but_are_published(life: Life) -> None:
    made = [life.tick(hour, minute) for hour in (10, 11) for minute in (5, 6, 7, 8, 9)]
    assert not union_of(made, "backtest_forecasts") | union_of(made, "backtest_scores")
    life.make("backtest_scores", "2025-09-01")
    assert life.tick(11, 20) == {"warehouse": {None}}


def test_a_backtest_that_runs_does_not_keep_anything_from_being_published(life: Life) -> None:
    life.begin("backtest_forecasts", "2025-09-01")
    ticks = [life.tick(10, minute) for minute in (5, 6, 7, 8, 9)]
    assert union_of(ticks, "predictions") == {"2025-10-27T10"}
    assert union_of(ticks, "warehouse") == {None}


def test_an_issue_that_is_being_made_is_waited_for_before_publishing(life: Life) -> None:
    life.make("error_metrics", "2025-10-27")
    life.begin("predictions", "2025-10-27T09")
    assert "warehouse" not in life.requested(9, 40)


def test_an_issue_is_made_once_an_hour(life: Life) -> None:
    made = [life.tick(10, minute).get("predictions", set()) for minute in range(5, 60, 3)]
    assert [keys for keys in made if keys] == [{"2025-10-27T10"}]


def test_an_issue_waits_for_the_features_of_its_hour(life: Life) -> None:
    assert "consumption_features" in life.requested(10, 5)
    assert [life.requested(10, minute).get("predictions") for minute in (6, 7, 8)] == [None, None, None]


def test_settlement_is_read_every_morning(life: Life) -> None:
    read = [life.tick(hour, 31, day=28).get("raw_settlement", set()) for hour in (3, 4, 5, 6, 7)]
    assert read == [set(), set(), {"2025-10-01"}, set(), set()]


def test_a_model_is_trained_when_its_week_begins() -> None:
    life = Life()
    for minute in (10, 11, 12):
        life.tick(23, minute, day=26)
    trained = [life.tick(0, minute, day=27).get("forecast_model", set()) for minute in (5, 11, 12, 13, 14, 15)]
    assert set().union(*trained) == {"2025-10-27"}


@pytest.mark.parametrize("tuned", [False, True])
def test_a_model_waits_for_no_tuning(tuned: bool) -> None:
    life = Life()
    if tuned:
        life.make("tuned_parameters", None)
    for minute in (10, 11, 12):
        life.tick(23, minute, day=26)
    trained = [life.tick(0, minute, day=27).get("forecast_model", set()) for minute in (5, 11, 12, 13, 14, 15)]
    assert [keys for keys in trained if keys] == [{"2025-10-27"}]


def test_a_tuning_is_asked_for_by_nobody_and_asks_for_nothing(life: Life) -> None:
    made = [life.tick(hour, minute) for hour in (10, 11) for minute in (5, 6, 7, 8, 9)]
    assert not union_of(made, "tuned_parameters")
    life.make("tuned_parameters", None)
    assert [life.tick(11, minute) for minute in (20, 21, 22)] == [{}, {}, {}]


@pytest.mark.parametrize("source", ["raw_load", "raw_settlement"])
def test_a_revision_of_an_older_month_is_followed_by_that_month_and_those_that_look_back_at_it(life: Life, source: str) -> None:
    life.make(source, "2025-06-01")
    made = [life.tick(9, minute) for minute in range(30, 40)]
    assert union_of(made, "consumption") == {"2025-06-01", "2025-07-01"}
    assert union_of(made, "consumption_features") == {"2025-06-01", "2025-07-01", "2025-08-01"}
    assert union_of(made, "warehouse") == {None}
    assert {name for tick in made for name in tick} == {"consumption", "consumption_features", "warehouse"}


def test_a_revision_of_weather_makes_no_consumption_again(life: Life) -> None:
    life.make("raw_weather", "2025-06-01")
    made = [life.tick(9, minute) for minute in range(30, 40)]
    assert union_of(made, "consumption_features") == {"2025-06-01", "2025-07-01"}
    assert not union_of(made, "consumption")


def test_each_month_is_made_again_once(life: Life) -> None:
    life.make("raw_settlement", "2025-06-01")
    made = [key for minute in range(30, 40) for key in life.tick(9, minute).get("consumption", ())]
    assert sorted(made, key=str) == ["2025-06-01", "2025-07-01"]


def test_the_description_of_a_source_is_checked_every_night_though_nothing_of_it_is_read(life: Life) -> None:
    checked = [life.checked("raw_settlement", hour, minute) for hour, minute in ((2, 51), (3, 51), (3, 52), (4, 51))]
    assert checked == [False, True, False, False]


@pytest.mark.parametrize(
    ("asset", "name"),
    [
        ("consumption_features", "inputs_have_not_drifted"),
        ("error_metrics", "errors_have_not_drifted"),
        ("error_metrics", "coverage_has_not_drifted"),
        ("predictions", "model_is_young"),
    ],
)
def test_drift_is_looked_for_every_night_and_not_every_hour(life: Life, asset: str, name: str) -> None:
    checked = [life.checked(asset, hour, minute, name=name) for hour, minute in ((2, 51), (3, 51), (3, 52), (4, 51))]
    assert checked == [False, True, False, False]
