from datetime import date
from math import isclose
from typing import Any

from bokeh.models.annotations import ColorBar, Label

from energy_dagster.store.rows import ReliabilityLevel, RevisedDay
from energy_dagster_tests.ui.sample_scores import scored
from ui.charts.calibration import lead_coverage_chart, reliability_chart, reliability_sentence
from ui.charts.heat_map import bias_chart, bias_sentence, diverging
from ui.charts.settlement import revision_chart, revision_sentence
from ui.manner import Manner, speaking
from ui.theme import PALETTES

SETTLED = RevisedDay("DK", "total", date(2026, 11, 12), 24, 100_000, 100_620, 620, 26, 59, 0.0062)


def test_bias_reads_like_a_sentence() -> None:
    high, low = (scored(weekday=5, local_hour=18, bias=bias) for bias in (120, -1200))
    assert bias_sentence(high) == "Fri 18:00-19:00: forecasts were 120 MWh too high on average, over 24 forecasts"
    assert "1,200 MWh too low" in bias_sentence(low)
    assert "were right on average" in bias_sentence(scored(weekday=5, local_hour=18, bias=0.2))


def test_colours_of_bias_lie_evenly_around_zero() -> None:
    rows = [scored(weekday=1, local_hour=hour, bias=bias) for hour, bias in enumerate((-80, 0, 20))]
    fig: Any = bias_chart(rows, title="", simulated=False)
    (bar,) = fig.select({"type": ColorBar})
    assert (bar.color_mapper.low, bar.color_mapper.high) == (-80, 80)


def test_the_middle_of_the_bias_colours_is_quiet_in_either_light() -> None:
    for light, colours in PALETTES.items():
        with speaking(Manner("en", light)):
            shades = diverging()
        assert (shades[0], shades[len(shades) // 2], shades[-1]) == (colours.forecast, colours.shade, colours.naive)


def test_a_quantile_reads_like_a_sentence() -> None:
    told = reliability_sentence(ReliabilityLevel(0.4, 0.273, 3786))
    assert told == "P40: the truth was at or below it in 27.3 % of 3,786 forecasts; 40 % were promised"


def test_reliability_is_drawn_from_zero_to_one() -> None:
    fig: Any = reliability_chart([ReliabilityLevel(0.1, 0.2, 10), ReliabilityLevel(0.9, 0.8, 10)], title="", simulated=False)
    assert (fig.x_range.start, fig.x_range.end, fig.y_range.start, fig.y_range.end) == (0, 1, 0, 1)


def test_either_interval_is_drawn_with_its_promise() -> None:
    fig: Any = lead_coverage_chart([scored(lead_bucket="01-06"), scored(lead_bucket="all")], title="", simulated=False)
    bars = [renderer.data_source.data for renderer in fig.renderers[::2]]
    assert [(list(data["share"]), list(data["promised"])) for data in bars] == [([0.78], [0.8]), ([0.91], [0.9])]


def test_what_settlement_did_reads_like_a_sentence() -> None:
    told = "Thu 12 Nov: settled +620 MWh against preliminary (+0.6 %), an hour by up to 59 MWh; 24 hours compared"
    assert revision_sentence(SETTLED) == told


def test_what_settlement_did_is_a_mean_of_the_hours() -> None:
    fig: Any = revision_chart([SETTLED], title="", simulated=False)
    assert isclose(fig.renderers[0].data_source.data["moved"][0], 620 / 24)


def test_charts_without_rows_say_so() -> None:
    empty: list[Any] = [
        bias_chart([], title="", simulated=True),
        lead_coverage_chart([], title="", simulated=True),
        reliability_chart([], title="", simulated=True),
        revision_chart([], title="", simulated=True),
    ]
    assert all("No hours to show yet" in {label.text for label in fig.select({"type": Label})} for fig in empty)
