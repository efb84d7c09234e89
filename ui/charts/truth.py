"""What was forecast for a local day beside what came."""

from collections.abc import Sequence
from datetime import date, datetime
from math import nan

from bokeh.models import ColumnDataSource, DataRange1d
from bokeh.plotting import figure

from energy_dagster.store.rows import ActualHour, ForecastHour
from ui.charts.canvas import add_hover, add_legend, blank_figure, empty_figure, energy_label
from ui.charts.fan import P10, P50, P90, actual_clause, actual_sentence, forecast_sentence
from ui.charts.time_axis import HOUR_MS, instant, use_local_time
from ui.manner import say
from ui.theme import palette
from ui.wording import hour_span, local_day, local_day_hours


def truth_chart(
    forecast: Sequence[ForecastHour],
    actuals: Sequence[ActualHour],
    *,
    day: date,
    title: str,
    simulated: bool,
    height: int = 320,
) -> figure:
    """Prediction against truth for a local day of 23, 24 or 25 hours: P10 to P90 as bars, lines for P50 and the truth.

    Args:
        forecast: one row for each hour of the day.
        actuals: the day's measured hours.
        day: the local day.
        title: what the chart shows.
        simulated: whether to label the numbers as simulated.
        height: in pixels.
    """
    start, end = local_day(day)
    predicted = {row.hour_utc: row for row in forecast if start <= row.hour_utc < end}
    measured = {row.hour_utc: row for row in actuals if start <= row.hour_utc < end}
    if not predicted and not measured:
        return empty_figure(title=title, y_label=energy_label(), simulated=simulated, height=height)
    fig = blank_figure(title=title, y_label=energy_label(), simulated=simulated, height=height)
    use_local_time(fig, start, end)
    source = _source(local_day_hours(day), predicted, measured)
    band = fig.vbar(
        "x",
        bottom="low",
        top="high",
        width=HOUR_MS * 0.86,
        source=source,
        fill_color=palette().forecast,
        fill_alpha=0.2,
        line_color=None,
    )
    line = fig.line("x", "middle", source=source, line_color=palette().forecast, line_width=2.2)
    truth = fig.line("x", "truth", source=source, line_color=palette().actual, line_width=1.8)
    dots = fig.scatter("x", "truth", source=source, size=6, fill_color=palette().paper, line_color=palette().actual, line_width=1.4)
    fig.y_range = DataRange1d(range_padding=0.1, only_visible=True)
    add_legend(fig, [(say("Forecast (P50)"), [line]), (say("Measured"), [truth, dots]), (say("80 % interval"), [band])])
    add_hover(fig, [line])
    return fig


def _source(
    hours: Sequence[datetime], predicted: dict[datetime, ForecastHour], measured: dict[datetime, ActualHour]
) -> ColumnDataSource:
    def quantile(hour: datetime, n: int) -> float:
        return predicted[hour].quantiles[n] if hour in predicted else nan

    known = [None if hour not in measured else measured[hour].consumption_mwh for hour in hours]
    return ColumnDataSource(
        {
            "x": [instant(hour) + HOUR_MS / 2 for hour in hours],
            "low": [quantile(hour, P10) for hour in hours],
            "middle": [quantile(hour, P50) for hour in hours],
            "high": [quantile(hour, P90) for hour in hours],
            "truth": [nan if value is None else value for value in known],
            "sentence": [_sentence(hour, predicted.get(hour), measured.get(hour)) for hour in hours],
        }
    )


def _sentence(hour: datetime, row: ForecastHour | None, actual: ActualHour | None) -> str:
    if row is None:
        return say("{hour}: nothing known", hour=hour_span(hour)) if actual is None else actual_sentence(actual)
    return f"{forecast_sentence(row)}; {say('not measured yet') if actual is None else actual_clause(actual)}"
