"""What a visitor has chosen, kept in the address of the page so that a choice is a link.

Values are text as they stand in the address: one that names nothing known is shown as such by the views, never an error.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Literal
from urllib.parse import urlencode

import param

from energy_dagster.domain.tables import LEAD_BUCKET_NAMES, TOTAL
from ui.manner import Language, Light, Manner

NEWEST = "newest"
YESTERDAY = "yesterday"
TOMORROW = "tomorrow"
PEAK = "peak"
PERIODS_DAYS = ("7", "14", "30", "90")
DEFAULT_LEAD = LEAD_BUCKET_NAMES[2]
ForecastView = Literal["issue", "day-ahead"]
PARTS = ("errors", "patterns", "calibration", "settlement", "models", "data")
MEASURES = ("mae", "wape", "skill")
_ISSUE_FORMAT = "%Y-%m-%dT%H:%MZ"


def issue_key(issued_at: datetime) -> str:
    """An issue as it stands in the address.

    >>> issue_key(datetime(2026, 11, 22, 10, tzinfo=UTC))
    '2026-11-22T10:00Z'
    """
    return issued_at.astimezone(UTC).strftime(_ISSUE_FORMAT)


def moment_of(key: str) -> datetime:
    """The moment that stands in the address.

    >>> moment_of("2026-11-22T10:00Z").isoformat()
    '2026-11-22T10:00:00+00:00'
    """
    return datetime.strptime(key, _ISSUE_FORMAT).replace(tzinfo=UTC)


class SeriesChoice(param.Parameterized):
    """Which series is shown, and which edition of the data: a new snapshot or a new hour makes a new edition."""

    area = param.String(default="DK", doc="Code of the area")
    consumer_group = param.String(default=TOTAL, doc="Who consumes")
    language: param.Selector[Language] = param.Selector(default="en", objects=["en", "da"], doc="Language of the page")
    light: param.Selector[Light] = param.Selector(default="light", objects=["light", "dark"], doc="Colours by day or by night")
    edition = param.String(default="", doc="State of the data that is shown; not part of the address")

    def __init__(self, **chosen: str) -> None:
        super().__init__(**chosen)  # type: ignore[no-untyped-call]  # param does not annotate it

    names_in_address: ClassVar[Mapping[str, str]] = {
        "area": "area",
        "consumer_group": "group",
        "language": "lang",
        "light": "light",
    }

    def accept(self, chosen: Mapping[str, Any]) -> None:
        """Take values as an address gives them, which may have been read as numbers; leave out what cannot be taken."""
        for name, value in chosen.items():
            try:
                setattr(self, name, str(value))
            except ValueError:
                continue

    @property
    def manner(self) -> Manner:
        """How the page speaks."""
        return Manner(self.language, self.light)

    def link_to(self, page: str) -> str:
        """Address of another page with the same series, in the same manner."""
        kept = {name: getattr(self, value) for value, name in SeriesChoice.names_in_address.items()}
        return f"{page}?{urlencode(kept)}"

    def link_here(self, page: str, **changed: str) -> str:
        """Address of this page with every choice kept, but for what is changed."""
        kept = {name: getattr(self, value) for value, name in self.names_in_address.items()}
        return f"{page}?{urlencode(kept | changed)}"


class ForecastChoice(SeriesChoice):
    """What the forecast page shows."""

    view: param.Selector[ForecastView] = param.Selector(
        default="issue", objects=["issue", "day-ahead"], doc="One issue, or a local day as it stood at the gate"
    )
    issue = param.String(default=NEWEST, doc="Issue time, or the newest")
    day = param.String(default=TOMORROW, doc="Local day of delivery of the day-ahead view")
    hour = param.String(default=PEAK, doc="Hour that is explained, or the peak")

    names_in_address: ClassVar[Mapping[str, str]] = {
        **SeriesChoice.names_in_address,
        "view": "view",
        "issue": "issue",
        "day": "day",
        "hour": "hour",
    }

    @property
    def issued_at(self) -> datetime | None:
        """The chosen issue; None for the newest.

        Raises:
            ValueError: the address names no time.
        """
        return None if self.issue == NEWEST else moment_of(self.issue)

    @property
    def delivery_day(self) -> date | None:
        """The chosen local day of delivery; None for tomorrow.

        Raises:
            ValueError: the address names no day.
        """
        return None if self.day == TOMORROW else date.fromisoformat(self.day)

    @property
    def explained_hour(self) -> datetime | None:
        """The chosen hour; None for the peak, and for a text that names no time."""
        try:
            return None if self.hour == PEAK else moment_of(self.hour)
        except ValueError:
            return None


class MonitoringChoice(SeriesChoice):
    """What the monitoring page shows."""

    period: param.Selector[str] = param.Selector(default="30", objects=list(PERIODS_DAYS), doc="Days up to now")
    lead: param.Selector[str] = param.Selector(default=DEFAULT_LEAD, objects=list(LEAD_BUCKET_NAMES), doc="Lead bucket")
    day = param.String(default=YESTERDAY, doc="Local day of which predictions stand beside the truth")
    part: param.Selector[str] = param.Selector(default=PARTS[0], objects=list(PARTS), doc="Which part of the page is shown")
    measure: param.Selector[str] = param.Selector(default=MEASURES[0], objects=list(MEASURES), doc="How days are measured")

    names_in_address: ClassVar[Mapping[str, str]] = {
        **SeriesChoice.names_in_address,
        "period": "days",
        "lead": "lead",
        "day": "day",
        "part": "part",
        "measure": "measure",
    }

    @property
    def shown_day(self) -> date | None:
        """The chosen local day; None for the newest that has ended.

        Raises:
            ValueError: the address names no day.
        """
        return None if self.day == YESTERDAY else date.fromisoformat(self.day)
