from datetime import UTC, date, datetime
from math import isnan
from typing import Any

from bokeh.models.annotations import Label

from energy_dagster_tests.ui.sample_rows import HOUR, actual_hour, error_hour, forecast_hour, score
from ui.charts.daily import coverage_chart, score_sentence, skill_chart
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


def test_a_score_says_error_naive_and_skill() -> None:
    assert score_sentence(score(day=MONDAY)) == "Mon 23 Nov: mean error 60 MWh per hour; weekly naive 100, skill 40 %"


def test_days_are_drawn_in_order_and_totals_left_out() -> None:
    days = [score(day=MONDAY + 24 * HOUR), score(), score(day=MONDAY)]
    figures: list[Any] = [skill_chart(days, title="", simulated=False), coverage_chart(days, title="", simulated=False)]
    for fig in figures:
        places = list(fig.renderers[0].data_source.data["x"])
        assert len(places) == 2
        assert places == sorted(places)


def test_leads_are_drawn_in_order_and_all_leads_left_out() -> None:
    fig: Any = lead_chart([score(lead_bucket=bucket) for bucket in ("all", "25-48", "01-06")], title="", simulated=False)
    assert list(fig.x_range.factors) == ["1-6 h", "25-48 h"]


def test_prediction_and_truth_show_all_25_hours_of_a_day() -> None:
    day = date(2026, 10, 25)
    hours = local_day_hours(day)
    forecast = [forecast_hour(hour, issued_at=hours[0] - 14 * HOUR) for hour in hours]
    fig: Any = truth_chart(forecast, [actual_hour(hour) for hour in hours[:-1]], day=day, title="", simulated=False)
    data = fig.renderers[0].data_source.data
    assert len(set(data["x"])) == 25
    assert [isnan(value) for value in data["truth"]] == [False] * 24 + [True]
    assert data["sentence"][-1].endswith("not measured yet")
    assert data["sentence"][0].endswith("; 3,000 MWh measured")


def test_charts_without_rows_say_so() -> None:
    empty = [
        error_chart([], title="", simulated=True),
        skill_chart([], title="", simulated=True),
        coverage_chart([], title="", simulated=True),
        lead_chart([], title="", simulated=True),
        truth_chart([], [], day=MONDAY.date(), title="", simulated=True),
    ]
    assert all(_says_empty(fig) for fig in empty)


def _says_empty(fig: Any) -> bool:
    return "No hours to show yet" in {label.text for label in fig.select({"type": Label})}
