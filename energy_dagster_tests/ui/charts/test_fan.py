from datetime import UTC, datetime
from itertools import pairwise
from math import isnan
from typing import Any

import pytest
from bokeh.models import HoverTool
from bokeh.models.annotations import Label, Title

from energy_dagster.domain.tables import Quality
from energy_dagster.store.rows import ActualHour
from energy_dagster_tests.ui.sample_rows import HOUR, actual_hour, forecast_hour, issue
from ui.charts.fan import actual_sentence, fan_chart, forecast_sentence
from ui.charts.time_axis import HOUR_MS

ISSUED = datetime(2026, 11, 23, 10, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 24, 10, tzinfo=UTC)


def test_a_forecast_hour_reads_like_a_sentence() -> None:
    row = forecast_hour(datetime(2026, 11, 24, 17, tzinfo=UTC), issued_at=ISSUED)
    assert forecast_sentence(row) == "Tue 24 Nov 18:00-19:00 CET: 2,950 MWh expected, 80 % between 2,840 and 3,060"


def test_the_doubled_hour_says_which_of_the_two_it_is() -> None:
    first, second = (actual_sentence(actual_hour(datetime(2026, 10, 25, hour, tzinfo=UTC))) for hour in (0, 1))
    assert first == "Sun 25 Oct 02:00-03:00 CEST: 3,000 MWh measured"
    assert second == "Sun 25 Oct 02:00-03:00 CET: 3,000 MWh measured"


@pytest.mark.parametrize(
    ("consumption_mwh", "quality", "published_mwh", "told"),
    [
        (3000, "ok", 3000, "3,000 MWh measured"),
        (3000, "imputed", None, "3,000 MWh estimated"),
        (3000, "merged_dst", 6000, "3,000 MWh estimated, half of what was published for both"),
        (None, "spike", 9000, "9,000 MWh published, of no use (spike)"),
        (None, "missing", None, "no usable value was published"),
    ],
)
def test_an_estimate_and_a_value_of_no_use_are_called_so(
    consumption_mwh: float | None, quality: Quality, published_mwh: float | None, told: str
) -> None:
    row = ActualHour("DK", "total", AUTUMN, "preliminary", True, consumption_mwh, quality, published_mwh)
    assert actual_sentence(row) == f"Sat 24 Oct 12:00-13:00 CEST: {told}"


def test_all_hours_across_the_change_of_clocks_stand_evenly_apart() -> None:
    places = list(_line(_fan(issue(AUTUMN)), "forecast")["x"])
    assert len(places) == len(set(places)) == 48
    assert {after - before for before, after in pairwise(places)} == {HOUR_MS}


def test_an_unusable_measured_hour_breaks_the_line() -> None:
    actuals = [actual_hour(ISSUED - n * HOUR, None if n == 4 else 3000) for n in range(3, 8)]
    values = list(_line(_fan(issue(ISSUED), actuals), "preliminary")["y"])
    assert [isnan(value) for value in values] == [False, False, False, True, False]


def test_an_absent_measured_hour_breaks_the_line() -> None:
    actuals = [actual_hour(ISSUED - n * HOUR) for n in (3, 5, 6)]
    line = _line(_fan(issue(ISSUED), actuals), "preliminary")
    assert [isnan(value) for value in line["y"]] == [False, False, True, False]
    assert line["sentence"][2].endswith("no usable value was published")


def test_an_absent_forecast_hour_splits_the_bands() -> None:
    rows = issue(ISSUED)
    fig = _fan([*rows[:10], *rows[11:]])
    bands = [renderer.data_source.data["xs"] for renderer in fig.renderers if "xs" in renderer.data_source.data]
    assert [[len(polygon) for polygon in band] for band in bands] == [[20, 74], [20, 74]]


def test_measurements_older_than_a_week_are_left_out() -> None:
    actuals = [actual_hour(ISSUED - n * HOUR) for n in range(3, 24 * 9)]
    assert len(_line(_fan(issue(ISSUED), actuals), "preliminary")["x"]) == 7 * 24 - 2


def test_simulated_numbers_are_labelled() -> None:
    assert "SIMULATED DATA" in _texts(_fan(issue(ISSUED), simulated=True))
    assert "SIMULATED DATA" not in _texts(_fan(issue(ISSUED), simulated=False))


def test_the_issue_time_is_marked() -> None:
    assert "issued 11:00" in _texts(_fan(issue(ISSUED)))


def test_the_weekly_naive_is_dashed_and_named_only_when_given() -> None:
    rows = issue(ISSUED)
    with_naive: Any = fan_chart(rows, [], naive=[row.naive_mwh for row in rows], title="", simulated=False)
    assert "Weekly naive" in _legend(with_naive)
    assert "Weekly naive" not in _legend(fan_chart(rows, [], title="", simulated=False))
    assert any(getattr(renderer.glyph, "line_dash", None) for renderer in with_naive.renderers)


def test_a_click_on_the_legend_hides_and_hovering_tells_the_sentence() -> None:
    fig = _fan(issue(ISSUED))
    assert fig.legend[0].click_policy == "hide"
    (hover,) = fig.select({"type": HoverTool})
    assert "@sentence" in hover.tooltips


def test_no_forecast_is_said_and_not_drawn() -> None:
    fig = _fan([])
    assert "No hours to show yet" in _texts(fig)
    assert not fig.renderers


def _fan(forecast: Any, actuals: Any = (), *, simulated: bool = False) -> Any:
    return fan_chart(forecast, actuals, title="Denmark", simulated=simulated)


def _line(fig: Any, name: str) -> dict[str, Any]:
    data: dict[str, Any] = fig.select_one({"name": name}).data_source.data
    return data


def _texts(fig: Any) -> set[str]:
    return {model.text for kind in (Label, Title) for model in fig.select({"type": kind})}


def _legend(fig: Any) -> list[str]:
    return [item.label.value for item in fig.legend[0].items]
