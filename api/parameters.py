"""What may be asked for: each parameter's documentation, and how its text becomes a value or a problem."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal, TypeVar

from litestar import Request
from litestar.openapi.spec import Example
from litestar.params import Parameter

from api.problems import refused
from energy_dagster.domain.tables import AREAS, LEAD_BUCKET_NAMES, QUANTILES, Vintage, quantile_column

LATEST: Final = "latest"
MAX_WINDOW_DAYS: Final = 366
MAX_MODELS: Final = 500
_YEARS: Final = range(2000, 2100)
_TIME: Final = "an ISO-8601 time with Z, like 2026-06-01T00:00:00Z, from 2000 to 2099"
_VINTAGES: Final[tuple[Vintage, ...]] = ("preliminary", "settled")
_NO_PARAMETERS: Final = {"self", "request", "store"}


def _documented(description: str, example: str, **extra: Any) -> Any:
    return Parameter(description=description, examples=[Example(value=example)], schema_extra=extra or None)


AreaText = Annotated[str, _documented("Price area: DK1, DK2, or DK = DK1 + DK2", "DK1", enum=list(AREAS))]
AnyAreaText = Annotated[str | None, _documented("Price area; all of them when absent", "DK1", enum=list(AREAS))]
GroupText = Annotated[str, _documented("Who consumes: total, or a category of the source", "total")]
AnyGroupText = Annotated[str | None, _documented("Who consumes; every group when absent", "total")]
IssueText = Annotated[str, _documented("`latest`, or the exact time of an issue, ISO-8601 with Z", LATEST)]
HourFromText = Annotated[
    str | None,
    _documented("First hour, ISO-8601 with Z; the issue's first when absent", "2026-06-17T10:00:00Z", format="date-time"),
]
HourToText = Annotated[
    str | None,
    _documented("End of the hours, not included; the issue's last is in when absent", "2026-06-18T10:00:00Z", format="date-time"),
]
StartText = Annotated[
    str | None,
    _documented(
        "First hour, ISO-8601 with Z; 7 days (scores and revisions: 30) before the end when absent",
        "2026-06-10T00:00:00Z",
        format="date-time",
    ),
]
EndText = Annotated[
    str | None,
    _documented(
        "End, not included; the snapshot's as_of when absent. At most 366 days", "2026-06-17T00:00:00Z", format="date-time"
    ),
]
VintageText = Annotated[str, _documented("Which truth: preliminary (fast) or settled", "preliminary", enum=list(_VINTAGES))]
AnyVintageText = Annotated[
    str | None,
    _documented(
        "preliminary or settled; when absent the better of both, settled where both are ok", "settled", enum=list(_VINTAGES)
    ),
]
BucketText = Annotated[
    str | None, _documented("Lead hours of the issues; every bucket when absent", "13-24", enum=list(LEAD_BUCKET_NAMES))
]
QuantilesText = Annotated[
    str | None, _documented("Levels, comma separated, a subset of 0.05, 0.1 .. 0.9, 0.95; all when absent", "0.1,0.5,0.9")
]
ByDayText = Annotated[str, _documented("Whether one row per local day of delivery", "true", enum=["true", "false"])]
LimitText = Annotated[str, _documented("How many at most, 1 to 500", "50", type="integer", minimum=1, maximum=MAX_MODELS)]

Choice = TypeVar("Choice", bound=str)


def check_names(request: Request[Any, Any, Any]) -> None:
    """Refuse a request whose parameters the route does not take, or that lacks or repeats one it does.

    Raises:
        Problem: unknown-parameter, missing-parameter or repeated-parameter.
    """
    declared = request.route_handler.parsed_fn_signature.parameters
    taken = {name: field for name, field in declared.items() if name not in _NO_PARAMETERS}
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


def chosen(name: str, text: str, among: tuple[Choice, ...]) -> Choice:
    """The text, when it is one of the possible values.

    Raises:
        Problem: invalid-value, listing them.
    """
    if text not in among:
        raise refused("invalid-value", name, expected=f"one of {', '.join(among)}", found=text or "nothing")
    return text


def vintage_of(text: str) -> Vintage:
    """The vintage of that name.

    Raises:
        Problem: invalid-value.
    """
    return chosen("vintage", text, _VINTAGES)


def bucket_of(text: str | None) -> str | None:
    """The lead bucket of that name, or None for every bucket.

    Raises:
        Problem: invalid-value.
    """
    return None if text is None else chosen("lead_bucket", text, LEAD_BUCKET_NAMES)


def yes(name: str, text: str) -> bool:
    """Whether the text says true.

    Raises:
        Problem: invalid-value when it says neither true nor false.
    """
    answers: tuple[Literal["true", "false"], ...] = ("true", "false")
    return chosen(name, text, answers) == "true"


def limit_of(text: str) -> int:
    """How many rows at most.

    Raises:
        Problem: invalid-value when it is no whole number from 1 to 500.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_MODELS)) and 1 <= int(text) <= MAX_MODELS):
        raise refused("invalid-value", "limit", expected=f"a whole number from 1 to {MAX_MODELS}", found=text or "nothing")
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
        moment = datetime.fromisoformat(text).astimezone(UTC) if _has_zone(text) else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise refused("invalid-time", name, expected=_TIME, found=text or "nothing")
    return moment


def _has_zone(text: str) -> bool:
    return datetime.fromisoformat(text).tzinfo is not None


def issue_time(text: str) -> datetime | None:
    """The time of an issue; None for `latest`.

    Raises:
        Problem: invalid-time.
    """
    return None if text == LATEST else instant("issued_at", text)


def open_window(start: str | None, end: str | None) -> tuple[datetime | None, datetime | None]:
    """`[start, end)` as asked for, open where nothing was said.

    Raises:
        Problem: invalid-time, invalid-window or window-too-long.
    """
    first = None if start is None else instant("start", start)
    last = None if end is None else instant("end", end)
    if first is not None and last is not None:
        _check_window(first, last)
    return first, last


def closed_window(start: str | None, end: str | None, *, as_of: datetime, days: int) -> tuple[datetime, datetime]:
    """`[start, end)`; the end defaults to `as_of`, the start to so many days before the end.

    Raises:
        Problem: invalid-time, invalid-window or window-too-long.
    """
    first, last = open_window(start, end)
    last = as_of if last is None else last
    first = last - timedelta(days=days) if first is None else first
    _check_window(first, last)
    return first, last


def _check_window(start: datetime, end: datetime) -> None:
    asked = f"{_iso(start)} to {_iso(end)}"
    if end <= start:
        raise refused("invalid-window", "end", expected=f"a time after start, {_iso(start)}", found=_iso(end))
    if end - start > timedelta(days=MAX_WINDOW_DAYS):
        raise refused("window-too-long", "start", expected=f"at most {MAX_WINDOW_DAYS} days", found=asked)


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
