"""The fan: the forecast with its bands, what was measured before and since, the weekly naive and the TSO's forecast."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Literal

from bokeh.models import ColumnDataSource, CustomJS, DataRange1d
from bokeh.models.annotations import BoxAnnotation, Label, Span
from bokeh.plotting import figure

from energy_dagster.domain.tables import QUANTILES, Quality
from energy_dagster.store.rows import ActualHour, ForecastHour
from ui.charts.canvas import Renderer, add_hover, add_legend, blank_figure, empty_figure, energy_label, unbroken_runs
from ui.charts.time_axis import HOUR_MS, instant, middle, use_local_time
from ui.manner import say
from ui.theme import FONT, palette
from ui.wording import DENMARK, HOUR, clock, day_name, hour_span, local, megawatt_hours

HISTORY = timedelta(days=7)
GATE = time(12)
"""Local time, on the day before delivery, at which the day-ahead market closes."""

_NEAR = timedelta(days=2)
_SHOW_NEAR = "if (this.inner_width < 420 && shown.start == shown.bounds[0] && near > shown.start) shown.start = near"
"""On a narrow screen the chart begins shortly before the issue; what lies before it is there to be moved to."""

P05, P10, P50, P90, P95 = (QUANTILES.index(level) for level in (0.05, 0.1, 0.5, 0.9, 0.95))
_BANDS = ((P05, P95, 0.16), (P10, P90, 0.28))

Known = Literal["settled", "preliminary", "since"]
"""How a measured hour stands to a forecast: known when it was made, as settled or not, or measured since."""

KNOWN: Final[tuple[Known, ...]] = ("settled", "preliminary", "since")


def forecast_sentence(row: ForecastHour) -> str:
    """One forecast hour as a sentence, such as `Tue 24 Nov 18:00-19:00 CET: 2,950 MWh expected, 80 % between ...`."""
    low, line, high = (megawatt_hours(row.quantiles[n]) for n in (P10, P50, P90))
    return say(
        "{hour}: {line} MWh expected, 80 % between {low} and {high}", hour=hour_span(row.hour_utc), line=line, low=low, high=high
    )


def actual_sentence(row: ActualHour) -> str:
    """One published hour as a sentence; an estimate and a value of no use are called so."""
    return f"{hour_span(row.hour_utc)}: {actual_clause(row)}"


def actual_clause(row: ActualHour) -> str:
    """What is known of an hour, such as `2,950 MWh measured`."""
    if row.consumption_mwh is not None:
        return _measured(row.quality, megawatt_hours(row.consumption_mwh))
    if row.published_mwh is not None:
        return say("{energy} MWh published, of no use ({why})", energy=megawatt_hours(row.published_mwh), why=row.quality)
    return nothing_usable()


def nothing_usable() -> str:
    """What is said of an hour without a value."""
    return say("no usable value was published")


def _measured(quality: Quality, energy: str) -> str:
    if quality == "imputed":
        return say("{energy} MWh estimated", energy=energy)
    if quality == "merged_dst":
        return say("{energy} MWh estimated, half of what was published for both", energy=energy)
    return say("{energy} MWh measured", energy=energy)


def gate_after(moment: datetime) -> tuple[datetime, date]:
    """The next gate of the day-ahead market, and the local day of delivery it closes.

    >>> at, day = gate_after(datetime(2026, 11, 27, 19, tzinfo=UTC))
    >>> at.isoformat(), day.isoformat()
    ('2026-11-28T11:00:00+00:00', '2026-11-29')
    """
    day = local(moment).date()
    closed = local(moment).time() > GATE
    return gate_of(day + timedelta(days=1 + closed)), day + timedelta(days=1 + closed)


def gate_of(delivery_day: date) -> datetime:
    """When the day-ahead market closes for a local day of delivery, aware UTC."""
    return datetime.combine(delivery_day - timedelta(days=1), GATE, DENMARK).astimezone(UTC)


def fan_chart(
    forecast: Sequence[ForecastHour],
    actuals: Sequence[ActualHour],
    *,
    naive: Sequence[float | None] = (),
    tso_mwh: Mapping[datetime, float] | None = None,
    delivery_day: date | None = None,
    title: str,
    simulated: bool,
    height: int = 400,
) -> figure:
    """One forecast with 80 % and 90 % bands, the measured week before it, what came of it, and what else was said of its hours.

    Args:
        forecast: hours of one issue of one series.
        actuals: measured hours of the same series; those that were not known to the issue are drawn apart.
        naive: the weekly naive of each forecast hour in order; empty to leave it out.
        tso_mwh: the TSO's forecast by hour; empty to leave it out.
        delivery_day: the local day whose gate is marked; the next one after the issue when absent.
        title: what the chart shows.
        simulated: whether to label the numbers as simulated.
        height: in pixels.

    Returns:
        A figure; an absent or unusable hour breaks its line and its band. A box `chosen`, unseen, waits for `mark_hour`.
    """
    if not forecast:
        return empty_figure(title=title, y_label=energy_label(), simulated=simulated, height=height)
    rows = sorted(forecast, key=lambda row: row.hour_utc)
    issued_at = rows[0].issued_at
    start, end = _top_of_hour(issued_at) - HISTORY, rows[-1].hour_utc + HOUR
    fig = blank_figure(title=title, y_label=energy_label(), simulated=simulated, height=height)
    use_local_time(fig, start, end)
    ninety, eighty = (_band(fig, rows, low, high, alpha) for low, high, alpha in _BANDS)
    naive_by_hour = dict(zip((row.hour_utc for row in forecast), naive, strict=False))
    naive_line = _line(fig, list(naive_by_hour.items()), {}, line_color=palette().naive, line_dash=[6, 4], line_width=1.6)
    tso_line = _tso_line(fig, {hour: energy for hour, energy in (tso_mwh or {}).items() if start <= hour < end})
    measured = _measured_lines(fig, [row for row in actuals if start <= row.hour_utc < end], cutoff=rows[0].consumption_cutoff)
    middle_line = _line(
        fig,
        [(row.hour_utc, row.quantiles[P50]) for row in rows],
        {row.hour_utc: forecast_sentence(row) for row in rows},
        line_color=palette().forecast,
        line_width=2.4,
        name="forecast",
    )
    fig.y_range = DataRange1d(range_padding=0.14, only_visible=True)
    legend: list[tuple[str, Sequence[Renderer]]] = [(say("Forecast (P50)"), [middle_line])]
    legend += [(_known_name(known), lines) for known, lines in measured.items()]
    legend += [(say("Weekly naive"), [naive_line])] if naive_by_hour else []
    legend += [(say("Grid operator"), [tso_line])] if tso_line else []
    add_legend(fig, [*legend, (say("80 % interval"), [eighty]), (say("90 % interval"), [ninety])])
    add_hover(fig, [middle_line, *(lines[0] for lines in measured.values()), *([tso_line] if tso_line else [])])
    fig.js_on_change("inner_width", CustomJS(args={"shown": fig.x_range, "near": instant(issued_at - _NEAR)}, code=_SHOW_NEAR))
    _mark_issue(fig, issued_at)
    _mark_gate(fig, *((gate_of(delivery_day), delivery_day) if delivery_day else gate_after(issued_at)), end=end)
    fig.add_layout(BoxAnnotation(name="chosen", visible=False, fill_color=palette().forecast, fill_alpha=0.22, line_color=None))
    return fig


def _tso_line(fig: figure, energies: Mapping[datetime, float]) -> "Renderer | None":
    if not energies:
        return None
    told = {
        hour: say("{hour}: {energy} MWh said the grid operator", hour=hour_span(hour), energy=megawatt_hours(energy))
        for hour, energy in energies.items()
    }
    style = {"line_color": palette().tso, "line_dash": [2, 2, 8, 2], "line_width": 1.6, "name": "tso"}
    return _line(fig, list(energies.items()), told, **style)


def _known_name(known: Known) -> str:
    return {"settled": say("Measured"), "preliminary": say("Measured, preliminary"), "since": say("What happened since")}[known]


def _measured_lines(fig: figure, measured: Sequence[ActualHour], *, cutoff: datetime) -> dict[Known, list[Renderer]]:
    """A line for each way an hour is known; a stretch between two hours is drawn as the later of them is known."""
    known: dict[datetime, Known] = {
        row.hour_utc: "since" if row.hour_utc > cutoff else "preliminary" if row.provisional else "settled" for row in measured
    }
    told = {row.hour_utc: _told(row) for row in measured}
    styles: dict[Known, dict[str, Any]] = {
        "settled": {"line_color": palette().actual, "line_width": 1.8},
        "preliminary": {"line_color": palette().muted, "line_width": 1.6, "line_dash": [3, 2]},
        "since": {"line_color": palette().target, "line_width": 2.2},
    }
    lines: dict[Known, list[Renderer]] = {}
    for way in KNOWN:
        drawn = [row for row in measured if known[row.hour_utc] == way or known.get(row.hour_utc + HOUR) == way]
        if way not in known.values():
            continue
        values = [(row.hour_utc, row.consumption_mwh) for row in drawn]
        lines[way] = [_line(fig, values, told, name=way, **styles[way])]
        if way == "since":
            source: Any = lines[way][0].data_source  # of columns, as `_line` makes it
            lines[way].append(fig.scatter("x", "y", source=source, size=4, color=palette().target, line_color=None))
    return lines


def _told(row: ActualHour) -> str:
    sentence = actual_sentence(row)
    return say("{sentence}, preliminary", sentence=sentence) if row.provisional and row.consumption_mwh is not None else sentence


def mark_hour(fig: figure, hour_utc: datetime) -> None:
    """Mark the hour that is explained beside the chart."""
    for box in fig.center:
        if isinstance(box, BoxAnnotation) and box.name == "chosen":
            box.update(left=instant(hour_utc), right=instant(hour_utc) + HOUR_MS, visible=True)


def _top_of_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _line(fig: figure, values: Sequence[tuple[datetime, float | None]], sentences: dict[datetime, str], **style: Any) -> Renderer:
    hours, energies = unbroken_runs(values)
    source = ColumnDataSource(
        {
            "x": [middle(hour) for hour in hours],
            "y": energies,
            "sentence": [sentences.get(hour) or f"{hour_span(hour)}: {nothing_usable()}" for hour in hours],
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
    fig.add_layout(_note(say("issued {clock}", clock=clock(issued_at)), instant(issued_at), y=6))


def _mark_gate(fig: figure, gate: datetime, delivery_day: date, *, end: datetime) -> None:
    if gate >= end:
        return
    fig.add_layout(Span(location=instant(gate), dimension="height", line_color=palette().tso, line_width=1.2, line_dash=[7, 4]))
    fig.add_layout(_note(say("gate for {day}", day=day_name(delivery_day)), instant(gate), y=22, colour=palette().tso))


def _note(text: str, at: float, *, y: int, colour: str = "") -> Label:
    return Label(
        x=at,
        y=y,
        y_units="screen",
        x_offset=-6,
        text=text,
        text_align="right",
        text_font=FONT,
        text_font_size="11px",
        text_color=colour or palette().muted,
    )
