"""How the text of a parameter becomes a value, or a problem that names what was expected and what came."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal, TypeVar, get_args

from litestar import Request

from api.parameters import LATEST, MOST_DIMENSIONS, VINTAGES
from api.problems import Problem, refused
from energy_dagster.domain.tables import AREAS, LEAD_BUCKET_NAMES, QUANTILES, Origin, Vintage, quantile_column
from energy_dagster.store.answering import Period
from energy_dagster.store.rows import Dimension
from energy_dagster.store.windows import DELIVERY_ZONE

LONGEST_WINDOW_DAYS: Final = 3660
_YEARS: Final = range(2000, 2100)
_TIME: Final = "an ISO-8601 time with Z, like 2026-06-01T00:00:00Z, from 2000 to 2099"
_DAY: Final = "today, tomorrow, or a day like 2026-06-18"
_OUTSIDE_THE_QUERY: Final = {"self", "request", "store", "announcer", "last_event_id"}

Choice = TypeVar("Choice", bound=str)
Window = tuple[datetime, datetime]


def check_names(request: Request[Any, Any, Any]) -> None:
    """Refuse a request whose parameters the route does not take, or that lacks or repeats one it does.

    Raises:
        Problem: unknown-parameter, missing-parameter or repeated-parameter.
    """
    declared = request.route_handler.parsed_fn_signature.parameters
    outside = _OUTSIDE_THE_QUERY | request.path_params.keys()
    taken = {name: field for name, field in declared.items() if name not in outside}
    for name in request.query_params:
        if name not in taken:
            raise refused("unknown-parameter", name, expected=", ".join(taken) or "no parameter", found=name)
        values = request.query_params.getall(name)
        if len(values) > 1:
            raise refused("repeated-parameter", name, expected="one value", found=", ".join(values))
    for name, field in taken.items():
        if field.is_required and name not in request.query_params:
            raise refused("missing-parameter", name, expected=f"a value for {name}", found="nothing")


def known_area(text: str) -> str:
    """The area, when there is one of that code.

    Raises:
        Problem: unknown-area, listing the areas.
    """
    if text not in AREAS:
        raise refused("unknown-area", "area", expected=f"one of {', '.join(AREAS)}", found=text)
    return text


def chosen(name: str, text: str, among: Sequence[Choice]) -> Choice:
    """The text, when it is one of the possible values.

    Raises:
        Problem: invalid-value, listing them.
    """
    for choice in among:
        if text == choice:
            return choice
    raise refused("invalid-value", name, expected=f"one of {', '.join(among)}", found=text or "nothing")


def vintage_of(text: str) -> Vintage:
    """The vintage of that name, or a problem."""
    return chosen("vintage", text, VINTAGES)


def origin_of(text: str | None) -> Origin | None:
    """The origin of that name, None for both, or a problem."""
    origins: tuple[Origin, ...] = get_args(Origin)
    return None if text is None else chosen("origin", text, origins)


def bucket_of(text: str | None) -> str | None:
    """The lead bucket of that name, None for every bucket, or a problem."""
    return None if text is None else chosen("lead_bucket", text, LEAD_BUCKET_NAMES)


def period_of(text: str) -> Period:
    """What a row of errors sums up, or a problem."""
    periods: tuple[Period, ...] = get_args(Period)
    return chosen("by", text, periods)


def dimensions_of(text: str | None) -> tuple[Dimension, ...]:
    """What scores are told apart by, at most two.

    >>> dimensions_of("month,lead_bucket"), dimensions_of(None)
    (('month', 'lead_bucket'), ())

    Raises:
        Problem: invalid-value, listing the dimensions.
    """
    known: tuple[Dimension, ...] = get_args(Dimension)
    if text is None:
        return ()
    asked = tuple(dict.fromkeys(chosen("by", part, known) for part in text.split(",")))
    if len(asked) > MOST_DIMENSIONS:
        raise refused("invalid-value", "by", expected=f"at most {MOST_DIMENSIONS} of {', '.join(known)}", found=text)
    return asked


def whole_number(name: str, text: str, *, most: int) -> int:
    """A number from 1 to `most`.

    Raises:
        Problem: invalid-value.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
        raise refused("invalid-value", name, expected=f"a whole number from 1 to {most}", found=text or "nothing")
    return int(text)


def quantile_columns(text: str | None) -> tuple[str, ...]:
    """Columns of the levels asked for, in the order of the levels; all without a text.

    >>> quantile_columns("0.9,0.5")
    ('q50', 'q90')

    Raises:
        Problem: unknown-quantile, listing the levels.
    """
    known = {f"{level:g}": quantile_column(level) for level in QUANTILES}
    if text is None:
        return tuple(known.values())
    asked = [_level(part) for part in text.split(",")]
    for part, level in zip(text.split(","), asked, strict=True):
        if level not in known:
            raise refused("unknown-quantile", "quantiles", expected=f"levels among {', '.join(known)}", found=part or "nothing")
    return tuple(column for level, column in known.items() if level in asked)


def _level(text: str) -> str:
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def instant(name: str, text: str) -> datetime:
    """The time, aware UTC.

    Raises:
        Problem: invalid-time when it is no ISO-8601 time with a zone.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None and moment.year in _YEARS:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise refused("invalid-time", name, expected=_TIME, found=text or "nothing")


def issue_choice(text: str) -> datetime | Window | None:
    """The time of an issue, a range of them, or None for `latest`.

    Raises:
        Problem: invalid-time, invalid-window or window-too-long.
    """
    if text == LATEST:
        return None
    first, stroke, last = text.partition("/")
    if not stroke:
        return instant("issued_at", text)
    return checked_window(instant("issued_at", first), instant("issued_at", last), parameter="issued_at")


def delivery_day(text: str, *, as_of: datetime) -> date:
    """The local day.

    Raises:
        Problem: invalid-time.
    """
    today = as_of.astimezone(DELIVERY_ZONE).date()
    if text in ("today", "tomorrow"):
        return today + timedelta(days=text == "tomorrow")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS or text != day.isoformat():
        raise refused("invalid-time", "delivery_day", expected=_DAY, found=text or "nothing")
    return day


def open_window(start: str | None, end: str | None) -> tuple[datetime | None, datetime | None]:
    """`[start, end)` as asked for, open where nothing was said.

    Raises:
        Problem: invalid-time, invalid-window or window-too-long.
    """
    first = None if start is None else instant("start", start)
    last = None if end is None else instant("end", end)
    if first is not None and last is not None:
        checked_window(first, last)
    return first, last


def closed_window(start: str | None, end: str | None, *, as_of: datetime, days: int) -> Window:
    """`[start, end)`; the end defaults to `as_of`, the start to so many days before the end.

    Raises:
        Problem: invalid-time, invalid-window or window-too-long.
    """
    first, last = open_window(start, end)
    last = as_of if last is None else last
    first = last - timedelta(days=days) if first is None else first
    return checked_window(first, last)


def checked_window(start: datetime, end: datetime, *, parameter: Literal["end", "issued_at"] = "end") -> Window:
    """The window, when it is one.

    Raises:
        Problem: invalid-window or window-too-long.
    """
    if end <= start:
        raise refused("invalid-window", parameter, expected=f"an end after its start, {iso(start)}", found=iso(end))
    if end - start > timedelta(days=LONGEST_WINDOW_DAYS):
        asked = f"{iso(start)} to {iso(end)}"
        raise refused("window-too-long", parameter, expected=f"at most {LONGEST_WINDOW_DAYS} days", found=asked)
    return start, end


def contradiction(detail: str, parameter: str) -> Problem:
    """The problem of parameters that cannot both be meant."""
    return Problem("contradiction", detail=detail, parameter=parameter)


def iso(moment: datetime) -> str:
    """The time as it is written everywhere."""
    return moment.isoformat().replace("+00:00", "Z")
