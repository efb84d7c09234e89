from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec import structs

from energy_dagster.store.reader import Store
from energy_dagster.store.rows import DayTemperature, Freshness, Scored
from energy_dagster_tests.ui.sample_scores import scored
from energy_dagster_tests.warehouse_fixture import AUTUMN
from ui.drift import age_of, drift, serving
from ui.judged import judged
from ui.odd_days import FEWEST_DAYS, cold_days, odd_days
from ui.punctuality import due_by, punctual

LAST = date(2026, 11, 22)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_days_summed_up_are_the_scorecard_of_all_of_them(autumn_store: Store) -> None:
    start, end = AUTUMN - timedelta(days=3), AUTUMN - timedelta(days=1)
    days = autumn_store.scorecard(["day"], start=start, end=end, area="DK1").rows
    whole = {row.forecaster: row for row in autumn_store.scorecard(start=start, end=end, area="DK1").rows}
    ours, operator = judged(days), judged(days, "tso")
    assert ours is not None
    assert operator is not None
    assert ours.n == whole["forecast"].n
    assert ours.mae_mwh == pytest.approx(whole["forecast"].mae_mwh)
    assert ours.bias_mwh == pytest.approx(whole["forecast"].bias_mwh)
    assert ours.skill == pytest.approx(whole["forecast"].skill)
    assert ours.naive_mae_mwh == pytest.approx(whole["weekly_naive"].mae_mwh)
    assert operator.mae_mwh == pytest.approx(whole["tso"].mae_mwh)


def test_a_forecaster_without_rows_has_no_scores() -> None:
    assert judged([scored()], "tso") is None


def test_the_coldest_tenth_of_whole_days_is_cold() -> None:
    days = [DayTemperature("DK", LAST - timedelta(days=n), 24, float(n)) for n in range(20)]
    part_of_a_day = DayTemperature("DK", LAST + timedelta(days=1), 3, -9.0)
    assert cold_days([*days, part_of_a_day]) == ({LAST, LAST - timedelta(days=1)}, 1.0)
    assert cold_days(days[:5]) == (set(), None)


def test_few_days_of_a_kind_are_not_judged() -> None:
    few = [scored(day=LAST - timedelta(days=7 * n), day_type="sunday") for n in range(FEWEST_DAYS - 1)]
    more = [*few, scored(day=LAST - timedelta(days=70), day_type="sunday")]
    assert [_sundays_can_be_judged(rows) for rows in (few, more)] == [False, True]


def test_a_change_of_the_clock_is_found_by_the_length_of_the_day() -> None:
    found = {kind.name: kind.scores for kind in odd_days([scored(day=date(2026, 10, 25), day_type="sunday")], [])}
    changed = found["Days of 23 or 25 hours"]
    assert changed is not None
    assert changed.days == 1
    assert found["Public holidays"] is None


@pytest.mark.parametrize(("recent", "mark"), [(60, "good"), (77, "good"), (79, "warning")])
def test_a_notable_rise_of_the_error_is_marked(recent: float, mark: str) -> None:
    rows = [scored(day=LAST - timedelta(days=n), mae=recent if n < 7 else 60) for n in range(35)]
    assert drift(rows, LAST).mark == mark


def test_drift_is_not_told_from_a_handful_of_days() -> None:
    rows = [scored(day=LAST - timedelta(days=n)) for n in range(10)]
    assert drift(rows, LAST).said.startswith("Too few days to judge drift: 7 scored of the last 7, 3 of the 28 before")
    assert drift([], LAST).mark == "plain"


def test_an_old_model_is_marked(store: Store) -> None:
    model = store.models().rows[0]
    ages = [age_of(model, model.serves_from + timedelta(days=days)).mark for days in (13, 15)]
    assert ages == ["good", "warning"]


def test_the_model_of_the_newest_issue_serves(store: Store) -> None:
    models = store.models().rows
    (issue,) = store.latest_issue().rows
    made = structs.replace(issue, model_version=models[-1].model_version)
    assert serving(models, made) == models[-1]
    assert serving(models, structs.replace(issue, model_version="weekly-naive")) is None
    assert serving(models, None) is None


@pytest.mark.parametrize(
    ("table", "hours_old", "state"),
    [
        ("raw_load", 8, "on time"),
        ("raw_load", 12, "late"),
        ("consumption", 12, "late"),
        ("raw_settlement", 9 * 24, "on time"),
        ("raw_settlement", 12 * 24, "late"),
        ("raw_weather", -60, "on time"),
        ("raw_weather", -24, "late"),
        ("predictions", 1, "on time"),
        ("predictions", 3, "late"),
        ("models", 13 * 24, "on time"),
        ("models", 15 * 24, "late"),
        ("backtest_scores", 9999, "on demand"),
    ],
)
def test_a_table_is_late_by_what_is_known_of_its_source(table: str, hours_old: int, state: str) -> None:
    held = Freshness(table, "hour_utc", NOON - timedelta(hours=hours_old), 10, None)
    assert punctual(held, NOON).state == state


def test_a_table_without_rows_is_empty_and_one_made_on_demand_is_never_due() -> None:
    assert punctual(Freshness("raw_load", "hour_utc", None, 0, None), NOON).state == "empty"
    assert due_by("backtest_forecasts", NOON) is None


def _sundays_can_be_judged(rows: Sequence[Scored]) -> bool:
    return next(kind.can_be_judged for kind in odd_days(rows, []) if kind.name == "Sundays")
