"""The fan: the forecast with its bands, what was measured before, and the weekly naive."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bokeh.models import ColumnDataSource, DataRange1d
from bokeh.models.annotations import Label, Span
from bokeh.plotting import figure

from energy_dagster.domain.tables import QUANTILES, Quality
from energy_dagster.store.rows import ActualHour, ForecastHour
from ui.charts.canvas import Renderer, add_hover, add_legend, blank_figure, empty_figure, energy_label, unbroken_runs
from ui.charts.time_axis import instant, middle, use_local_time
from ui.theme import FONT, palette
from ui.wording import HOUR, clock, hour_span, megawatt_hours

HISTORY = timedelta(days=7)
P05, P10, P50, P90, P95 = (QUANTILES.index(level) for level in (0.05, 0.1, 0.5, 0.9, 0.95))
_BANDS = (("90 % interval", P05, P95, 0.16), ("80 % interval", P10, P90, 0.28))


NOTHING_USABLE = "no usable value was published"
_HOW_KNOWN: dict[Quality, str] = {"imputed": "estimated", "merged_dst": "estimated, half of what was published for both"}


def forecast_sentence(row: ForecastHour) -> str:
    """One forecast hour as a sentence, such as `Tue 24 Nov 18:00-19:00 CET: 2,950 MWh expected, 80 % between ...`."""
    low, middle_line, high = (megawatt_hours(row.quantiles[n]) for n in (P10, P50, P90))
    return f"{hour_span(row.hour_utc)}: {middle_line} MWh expected, 80 % between {low} and {high}"


def actual_sentence(row: ActualHour) -> str:
    """One published hour as a sentence; an estimate and a value of no use are called so."""
    return f"{hour_span(row.hour_utc)}: {actual_clause(row)}"


def actual_clause(row: ActualHour) -> str:
    """What is known of an hour, such as `2,950 MWh measured`."""
    if row.consumption_mwh is not None:
        return f"{megawatt_hours(row.consumption_mwh)} MWh {_HOW_KNOWN.get(row.quality, 'measured')}"
    if row.published_mwh is not None:
        return f"{megawatt_hours(row.published_mwh)} MWh published, of no use ({row.quality})"
    return NOTHING_USABLE


def fan_chart(
    forecast: Sequence[ForecastHour],
    actuals: Sequence[ActualHour],
    *,
    naive: Sequence[float | None] = (),
    title: str,
    simulated: bool,
    height: int = 400,
) -> figure:
    """The forecast of one issue with 80 % and 90 % bands, the measured week before it, and the weekly naive.

    Args:
        forecast: hours of one issue of one series.
        actuals: measured hours of the same series; those after the issue are drawn too.
        naive: the weekly naive of each forecast hour in order; empty to leave it out.
        title: what the chart shows.
        simulated: whether to label the numbers as simulated.
        height: in pixels.

    Returns:
        A figure; an absent or unusable hour breaks its line and its band.
    """
    if not forecast:
        return empty_figure(title=title, y_label=energy_label(), simulated=simulated, height=height)
    rows = sorted(forecast, key=lambda row: row.hour_utc)
    issued_at = rows[0].issued_at
    start, end = _top_of_hour(issued_at) - HISTORY, rows[-1].hour_utc + HOUR
    measured = [row for row in actuals if start <= row.hour_utc < end]
    fig = blank_figure(title=title, y_label=energy_label(), simulated=simulated, height=height)
    use_local_time(fig, start, end)
    bands = [(label, [_band(fig, rows, low, high, alpha)]) for label, low, high, alpha in _BANDS]
    naive_by_hour = dict(zip((row.hour_utc for row in forecast), naive, strict=False))
    naive_line = _line(fig, list(naive_by_hour.items()), {}, line_color=palette().naive, line_dash=[6, 4], line_width=1.6)
    actual_line = _line(
        fig,
        [(row.hour_utc, row.consumption_mwh) for row in measured],
        {row.hour_utc: actual_sentence(row) for row in measured},
        line_color=palette().actual,
        line_width=1.6,
        name="actual",
    )
    middle_line = _line(
        fig,
        [(row.hour_utc, row.quantiles[P50]) for row in rows],
        {row.hour_utc: forecast_sentence(row) for row in rows},
        line_color=palette().forecast,
        line_width=2.4,
        name="forecast",
    )
    fig.y_range = DataRange1d(range_padding=0.14, only_visible=True)
    lines = [("Forecast (P50)", [middle_line]), ("Measured", [actual_line])]
    add_legend(fig, [*lines, *([("Weekly naive", [naive_line])] if naive_by_hour else []), *reversed(bands)])
    add_hover(fig, [middle_line, actual_line])
    _mark_issue(fig, issued_at)
    return fig


def _top_of_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _line(fig: figure, values: Sequence[tuple[datetime, float | None]], sentences: dict[datetime, str], **style: Any) -> Renderer:
    hours, energies = unbroken_runs(values)
    source = ColumnDataSource(
        {
            "x": [middle(hour) for hour in hours],
            "y": energies,
            "sentence": [sentences.get(hour) or f"{hour_span(hour)}: {NOTHING_USABLE}" for hour in hours],
        }
    )
    return fig.line("x", "y", source=source, **style)


def _band(fig: figure, rows: Sequence[ForecastHour], low: int, high: int, alpha: float) -> Renderer:
    """One polygon per unbroken run of hours, so that a missing hour is a gap in the band."""
    runs: list[list[ForecastHour]] = []
    for row in rows:
        if runs and row.hour_utc - runs[-1][-1].hour_utc == HOUR:
            runs[-1].append(row)
        else:
            runs.append([row])
    there_and_back = [[middle(row.hour_utc) for row in run] for run in runs]
    return fig.patches(
        [[*xs, *reversed(xs)] for xs in there_and_back],
        [[*(row.quantiles[high] for row in run), *(row.quantiles[low] for row in reversed(run))] for run in runs],
        fill_color=palette().forecast,
        fill_alpha=alpha,
        line_color=None,
    )


def _mark_issue(fig: figure, issued_at: datetime) -> None:
    fig.add_layout(
        Span(location=instant(issued_at), dimension="height", line_color=palette().muted, line_width=1.2, line_dash=[2, 3])
    )
    fig.add_layout(
        Label(
            x=instant(issued_at),
            y=6,
            y_units="screen",
            x_offset=-6,
            text=f"issued {clock(issued_at)}",
            text_align="right",
            text_font=FONT,
            text_font_size="11px",
            text_color=palette().muted,
        )
    )
