"""The time axis of every hourly chart: hours stand at their UTC instant and are labelled in Danish local time.

So a day of 25 hours shows 25 evenly spaced hours, and a day of 23 has no hole.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

import holidays
from bokeh.models import ColumnDataSource, CustomJSTicker, CustomJSTickFormatter, CustomLabelingPolicy, Range1d
from bokeh.plotting import figure

from ui.manner import say
from ui.theme import palette
from ui.wording import DENMARK, HOUR, clock, day_name, local

HOUR_MS = 3_600_000
FREE_DAYS, DAY_BOUNDARIES = "free days", "day boundaries"
"""Names of the glyphs that mark weekends and holidays, and local midnights."""
_CONSTITUTION_DAY = (6, 5)
_SATURDAY = 5

# Wide views mark days, narrower ones 6, 3 or every hour; `labels` has one entry an hour, days are those with a line break.
_MAJOR_TICKS = """
const {start, end} = cb_data
const span = (end - start) / 3.6e6
const step = span > 96 ? 24 : span > 36 ? 6 : span > 14 ? 3 : 1
const ticks = []
for (let i = 0; i < hours.length; i++) {
  const at = first + i * 3.6e6
  if (at >= start && at <= end && hours[i] % step == 0) ticks.push(at)
}
return ticks
"""
_MINOR_TICKS = """
const {start, end} = cb_data
const span = (end - start) / 3.6e6
const step = span > 400 ? 24 : span > 96 ? 6 : 1
const ticks = []
for (let i = 0; i < hours.length; i++) {
  const at = first + i * 3.6e6
  if (at >= start && at <= end && hours[i] % step == 0) ticks.push(at)
}
return ticks
"""
# Every label, or every second, third ..: the smallest regular step at which none touches the next.
_REGULAR_LABELS = """
const all = [...indices]
for (let step = 1; step <= all.length; step++) {
  const kept = all.filter((_, i) => i % step == 0)
  if (kept.every((label, i) => i == 0 || distance(kept[i - 1], label) >= 6)) {
    yield* kept
    return
  }
}
"""
_LABEL = "return labels[Math.round((tick - first) / 3.6e6)] ?? ''"


def instant(moment: datetime) -> float:
    """Place of a moment on the axis: milliseconds since 1970 in UTC."""
    return moment.timestamp() * 1000


def middle(hour_utc: datetime) -> float:
    """Place of an hour's value: the middle of the hour, so that a day's values lie inside its boundaries."""
    return instant(hour_utc) + HOUR_MS / 2


def hours_between(start: datetime, end: datetime) -> list[datetime]:
    """Every hour from start to end, both included, aware UTC."""
    return [start + n * HOUR for n in range(int((end - start) / HOUR) + 1)]


def tick_label(hour_utc: datetime) -> str:
    r"""Label of an hour: the day at local midnight, else the clock.

    >>> tick_label(datetime(2026, 11, 23, 23, tzinfo=UTC)), tick_label(datetime(2026, 11, 24, 5, tzinfo=UTC))
    ('Tue\n24 Nov', '06:00')
    """
    here = local(hour_utc)
    return day_name(here.date()).replace(" ", "\n", 1) if here.hour == 0 else clock(hour_utc)


@lru_cache(maxsize=32)
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("DK", years=year)) | {date(year, *_CONSTITUTION_DAY)}


def is_holiday(day: date) -> bool:
    """Whether a local day is a Danish public holiday (Constitution Day counts)."""
    return day in _holidays(day.year)


def local_midnights(start: datetime, end: datetime) -> Iterator[datetime]:
    """Local midnights from the one at or before start to the one at or after end, aware UTC."""
    day = local(start).date()
    while True:
        midnight = datetime(day.year, day.month, day.day, tzinfo=DENMARK).astimezone(UTC)
        yield midnight
        if midnight >= end:
            return
        day += timedelta(days=1)


def regular_labels() -> CustomLabelingPolicy:
    """A labelling that thins out evenly where the screen is narrow."""
    return CustomLabelingPolicy(code=_REGULAR_LABELS)


def use_local_time(fig: figure, start: datetime, end: datetime) -> None:
    """Give a figure the local time axis from start to end, with day boundaries, weekends and holidays.

    Args:
        fig: the figure; its x values are `middle` or `instant` of aware UTC times.
        start: first instant shown, on the hour.
        end: last instant shown, on the hour.
    """
    hours = hours_between(start, end)
    args = {"first": instant(start), "hours": [local(hour).hour for hour in hours], "labels": [tick_label(hour) for hour in hours]}
    fig.x_range = Range1d(start=instant(start), end=instant(end), bounds=(instant(start), instant(end)), min_interval=6 * HOUR_MS)
    fig.xaxis.ticker = CustomJSTicker(args=args, major_code=_MAJOR_TICKS, minor_code=_MINOR_TICKS)
    fig.xaxis.formatter = CustomJSTickFormatter(args=args, code=_LABEL)
    fig.xaxis.major_label_policy = regular_labels()
    fig.xaxis.axis_label = say("local time, Europe/Copenhagen (CET/CEST)")
    fig.xgrid.visible = False
    _mark_days(fig, start, end)


def _mark_days(fig: figure, start: datetime, end: datetime) -> None:
    """Two glyphs for all days: an annotation a day would be a model a day, and models are what a drawing costs."""
    midnights = list(local_midnights(start, end))
    free: list[tuple[float, float, str, float]] = []
    for begin, stop in pairwise(midnights):
        day = local(begin).date()
        if is_holiday(day) or day.weekday() >= _SATURDAY:
            colour, alpha = (palette().holiday, 0.10) if is_holiday(day) else (palette().weekend, 0.09)
            free.append((max(instant(begin), instant(start)), min(instant(stop), instant(end)), colour, alpha))
    if free:
        left, right, colours, alphas = (list(column) for column in zip(*free, strict=True))
        source = ColumnDataSource({"left": left, "right": right, "colour": colours, "alpha": alphas})
        fig.vstrip(
            "left",
            "right",
            source=source,
            fill_color="colour",
            fill_alpha="alpha",
            line_color=None,
            level="underlay",
            name=FREE_DAYS,
        )
    boundaries = [instant(midnight) for midnight in midnights if start < midnight <= end]
    if boundaries:
        source = ColumnDataSource({"x": boundaries})
        fig.vspan("x", source=source, line_color=palette().grid, line_width=1, level="underlay", name=DAY_BOUNDARIES)
