"""What may be asked for: each parameter's documentation."""

from typing import Annotated, Any, Final

from litestar.openapi.spec import Example
from litestar.params import HeaderParameter, Parameter

from api.front.negotiation import FORMATS
from energy_dagster.domain.tables import AREAS, LEAD_BUCKET_NAMES, Vintage

LATEST: Final = "latest"
BY_DEFAULT_ROWS: Final = 10_000
MOST_ROWS: Final = 100_000
MOST_MODELS: Final = 500
MOST_DIMENSIONS: Final = 2
LONGEST_NAME: Final = 64
VINTAGES: Final[tuple[Vintage, ...]] = ("preliminary", "settled")

_MONTH_AND_DAY: Final = r"((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))"
_DATE: Final = r"(20\d\d-" + _MONTH_AND_DAY + r"|20([02468][048]|[13579][26])-02-29)"
_TIME: Final = _DATE + r"T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-](0\d|1[0-4]):[0-5]\d)"
_LEVEL: Final = r"0\.(05|[1-9]|95)"
_DIMENSION: Final = "(day|month|lead_bucket|day_type|weekday|local_hour)"


def _documented(description: str, example: str, **extra: Any) -> Any:
    return Parameter(description=description, examples=[Example(value=example)], schema_extra=extra or None)


def _exactly(pattern: str) -> str:
    return f"^{pattern}$"


def _time(description: str, example: str) -> Any:
    return _documented(description, example, pattern=_exactly(_TIME))


FormatText = Annotated[
    str | None,
    _documented("json, csv, parquet or arrow; without it the Accept header decides", "csv", enum=list(FORMATS)),
]
AreaText = Annotated[str, _documented("Price area: DK1, DK2, or DK = DK1 + DK2", "DK1", enum=list(AREAS))]
AnyAreaText = Annotated[str | None, _documented("Price area; all of them when absent", "DK1", enum=list(AREAS))]
GroupText = Annotated[
    str, _documented("Who consumes: total, or a category of the source", "total", minLength=1, maxLength=LONGEST_NAME)
]
AnyGroupText = Annotated[
    str | None, _documented("Who consumes; every group when absent", "total", minLength=1, maxLength=LONGEST_NAME)
]
IssueText = Annotated[
    str,
    _documented(
        "`latest`, the exact time of an issue, or a range of issues `from/to`, the end not included; ISO-8601 with Z",
        LATEST,
        pattern=_exactly(f"(latest|{_TIME}(/{_TIME})?)"),
    ),
]
OneIssueText = Annotated[
    str,
    _documented("`latest`, or the exact time of an issue, ISO-8601 with Z", LATEST, pattern=_exactly(f"(latest|{_TIME})")),
]
AsOfText = Annotated[
    str | None, _time("The newest issue made at or before this time, instead of issued_at", "2026-06-17T08:30:00Z")
]
RevisionText = Annotated[
    str | None,
    _documented("A revision of the issue, instead of the one that is served", "1", type="integer", minimum=1, maximum=MOST_ROWS),
]
OriginText = Annotated[
    str | None,
    _documented(
        "live: issued within its own hour; replay: made afterwards from what had been published; both when absent",
        "live",
        enum=["live", "replay"],
    ),
]
HourFromText = Annotated[str | None, _time("First hour, ISO-8601 with Z; the issue's first when absent", "2026-06-17T10:00:00Z")]
HourToText = Annotated[
    str | None, _time("End of the hours, not included; the issue's last is in when absent", "2026-06-18T10:00:00Z")
]
DayText = Annotated[
    str,
    _documented(
        "Local day of delivery (Europe/Copenhagen), or today or tomorrow by the snapshot's as_of",
        "today",
        pattern=_exactly(f"(today|tomorrow|{_DATE})"),
    ),
]
StartText = Annotated[
    str | None,
    _time("First hour, ISO-8601 with Z; 7 days (scorecard and revisions: 30) before the end when absent", "2026-06-10T00:00:00Z"),
]
EndText = Annotated[str | None, _time("End, not included; the snapshot's as_of when absent", "2026-06-17T00:00:00Z")]
VintageText = Annotated[str, _documented("Which truth: preliminary (fast) or settled", "preliminary", enum=list(VINTAGES))]
AnyVintageText = Annotated[
    str | None,
    _documented(
        "preliminary or settled; when absent the better of both, settled where both are ok", "settled", enum=list(VINTAGES)
    ),
]
BucketText = Annotated[
    str | None, _documented("Lead hours of the issues; every bucket when absent", "13-24", enum=list(LEAD_BUCKET_NAMES))
]
QuantilesText = Annotated[
    str | None,
    _documented(
        "Levels, comma separated, a subset of 0.05, 0.1 .. 0.9, 0.95; all when absent",
        "0.1,0.5,0.9",
        pattern=_exactly(f"{_LEVEL}(,{_LEVEL}){{0,10}}"),
    ),
]
PeriodText = Annotated[
    str,
    _documented(
        "What one row sums up: an hour and lead bucket, a local day or month, or a lead bucket over the whole window",
        "day",
        enum=["hour", "day", "month", "lead_bucket"],
    ),
]
DimensionsText = Annotated[
    str | None,
    _documented(
        "What is told apart, comma separated, at most two of day, month, lead_bucket, day_type, weekday, local_hour",
        "month,lead_bucket",
        pattern=_exactly(f"{_DIMENSION}(,{_DIMENSION})?"),
    ),
]
RowsText = Annotated[
    str,
    _documented(
        "About how many rows a page of a window, or of a range of issues, may have; the answer's `next` leads on",
        str(BY_DEFAULT_ROWS),
        type="integer",
        minimum=1,
        maximum=MOST_ROWS,
    ),
]
LimitText = Annotated[str, _documented("How many at most, 1 to 500", "50", type="integer", minimum=1, maximum=MOST_MODELS)]
AreaPart = Annotated[str, _documented("Price area", "DK1", enum=list(AREAS))]
GroupPart = Annotated[str, _documented("Who consumes", "total", minLength=1, maxLength=LONGEST_NAME)]
ModelPart = Annotated[str, _documented("Identity of a model", "2026-06-15T00", minLength=1, maxLength=LONGEST_NAME)]
SecondsText = Annotated[
    str | None,
    _documented("Close the stream after so many seconds", "60", type="integer", minimum=1, maximum=3600),
]
LastEventText = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID",
        description="The snapshot that is known already; browsers send it by themselves when they connect again",
        examples=[Example(value="20260617T090312Z-3f2a")],
    ),
]
