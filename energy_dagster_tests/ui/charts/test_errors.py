from datetime import UTC, date, datetime
from math import isnan
from typing import Any

from bokeh.models.annotations import Label

from energy_dagster_tests.ui.sample_rows import HOUR, actual_hour, error_hour, forecast_hour
from energy_dagster_tests.ui.sample_scores import scored
from ui.charts.daily import FORECASTERS, comparison, coverage_chart, days_chart
from ui.charts.errors import error_chart, error_sentence, lead_chart
from ui.charts.truth import truth_chart
from ui.wording import local_day_hours

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def test_an_error_reads_like_a_sentence() -> None:
    assert error_sentence(error_hour(MONDAY)) == "Mon 23 Nov 01:00-02:00 CET: forecast off by 30 MWh; weekly naive off by 80"


def test_an_error_without_a_naive_says_nothing_of_it() -> None:
    assert error_sentence(error_hour(MONDAY, naive_error=None)).endswith("forecast off by 30 MWh")


def test_hours_without_an_error_break_the_line() -> None:
    fig: Any = error_chart([error_hour(MONDAY), error_hour(MONDAY + 2 * HOUR)], title="", simulated=False)
    assert [isnan(value) for value in fig.renderers[0].data_source.data["ours"]] == [False, True, False]


def test_forecasters_are_compared_in_one_clause() -> None:
    rows = [scored("tso", mae=70), scored("weekly_naive", mae=100), scored(mae=60)]
    assert comparison(rows, "mae") == "forecast 60 MWh, weekly naive 100 MWh, grid operator 70 MWh"


def test_the_naive_is_left_out_where_it_is_nothing_by_definition() -> None:
    assert comparison([scored(skill=0.4), scored("weekly_naive", skill=0.0)], "skill") == "forecast 40 %"


def test_days_are_drawn_in_order_and_totals_left_out() -> None:
    days = [scored(day=date(2026, 11, 24)), scored(), scored(day=date(2026, 11, 23))]
    figures: list[Any] = [
        days_chart(days, measure="mae", title="", simulated=False),
        coverage_chart(days, title="", simulated=False),
    ]
    for fig in figures:
        places = list(fig.renderers[0].data_source.data["x"])
        assert len(places) == 2
        assert places == sorted(places)


def test_the_grid_operator_is_drawn_where_it_is_held() -> None:
    rows = [scored(forecaster, day=date(2026, 11, 23)) for forecaster in FORECASTERS]
    drawn = [days_chart(held, measure="wape", title="", simulated=False) for held in (rows, rows[:2])]
    assert [len(fig.renderers) for fig in drawn] == [3, 2]


def test_leads_are_drawn_in_order_and_all_leads_left_out() -> None:
    fig: Any = lead_chart([scored(lead_bucket=bucket) for bucket in ("all", "25-48", "01-06")], title="", simulated=False)
    assert list(fig.x_range.factors) == ["1-6 h", "25-48 h"]


def test_prediction_and_truth_show_all_25_hours_of_a_day() -> None:
    day = date(2026, 10, 25)
    hours = local_day_hours(day)
    forecast = [forecast_hour(hour, issued_at=hours[0] - 14 * HOUR) for hour in hours]
    fig: Any = truth_chart(forecast, [actual_hour(hour) for hour in hours[:-1]], day=day, title="", simulated=False)
    data = next(drawn.data_source.data for drawn in fig.renderers if "truth" in drawn.data_source.data)
    assert len(set(data["x"])) == 25
    assert [isnan(value) for value in data["truth"]] == [False] * 24 + [True]
    assert data["sentence"][-1].endswith("not measured yet")
    assert data["sentence"][0].endswith("; 3,000 MWh measured")


def test_charts_without_rows_say_so() -> None:
    empty = [
        error_chart([], title="", simulated=True),
        days_chart([], measure="mae", title="", simulated=True),
        coverage_chart([], title="", simulated=True),
        lead_chart([], title="", simulated=True),
        truth_chart([], [], day=MONDAY.date(), title="", simulated=True),
    ]
    assert all(_says_empty(fig) for fig in empty)


def _says_empty(fig: Any) -> bool:
    return "No hours to show yet" in {label.text for label in fig.select({"type": Label})}
