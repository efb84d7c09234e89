"""A stand-in for the ENTSO-E Transparency Platform on loopback: day-ahead load forecasts in the platform's documents."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import parse_qs, urlsplit

DK1, DK2 = "10YDK-1--------W", "10YDK-2--------M"
TOKEN = "0f5e1c3a-9b7d-4c21-8a6e-2d4b6f8091c3"
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
RESOLUTIONS = {QUARTER: "PT15M", timedelta(minutes=30): "PT30M", HOUR: "PT60M"}
MOMENT = "%Y-%m-%dT%H:%MZ"
LOADS = "urn:iec62325.351:tc57wg16:451-6:generationloaddocument:3:0"
ACKNOWLEDGEMENTS = "urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0"

Quantity = float | str | None
"""A value, how it is written, or None for a point that is left out."""


@dataclass(frozen=True)
class Period:
    """An interval of steps of equal length with a value each."""

    start: datetime
    quantities: Sequence[Quantity]
    step: timedelta = HOUR

    @property
    def end(self) -> datetime:
        return self.start + len(self.quantities) * self.step

    def xml(self) -> str:
        told = [(position, quantity) for position, quantity in enumerate(self.quantities, start=1) if quantity is not None]
        points = "".join(f"<Point><position>{at}</position><quantity>{quantity}</quantity></Point>\n" for at, quantity in told)
        interval = _interval("timeInterval", self.start, self.end)
        return f"<Period>{interval}<resolution>{RESOLUTIONS[self.step]}</resolution>{points}</Period>"


@dataclass(frozen=True)
class Series:
    """What was published of an area at once; with curve A03 a point that is left out has the value before it."""

    zone: str
    periods: Sequence[Period]
    curve: Literal["A01", "A03"] = "A01"

    def xml(self, number: int, periods: Sequence[Period]) -> str:
        return (
            f"<TimeSeries><mRID>{number}</mRID><businessType>A04</businessType><objectAggregation>A01</objectAggregation>"
            f'<outBiddingZone_Domain.mRID codingScheme="A01">{self.zone}</outBiddingZone_Domain.mRID>'
            f"<quantity_Measure_Unit.name>MAW</quantity_Measure_Unit.name><curveType>{self.curve}</curveType>"
            f"{''.join(period.xml() for period in periods)}</TimeSeries>"
        )


@dataclass
class Platform:
    """What is published, and what was asked."""

    url: str = ""
    published: list[Series] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    empty_status: int = 200

    def answer(self, query: dict[str, str]) -> tuple[int, str]:
        """Status and document; whole periods that touch the window, as the platform gives what matches in part."""
        if query.get("securityToken") != TOKEN:
            return 401, acknowledgement(f"Unauthorized. Missing or invalid security token {query.get('securityToken')}")
        if (query.get("documentType"), query.get("processType")) != ("A65", "A01"):
            return 400, acknowledgement("The combination of parameters is not valid, check you request against dependency tables")
        start, end = (datetime.strptime(query[name], "%Y%m%d%H%M").replace(tzinfo=UTC) for name in ("periodStart", "periodEnd"))
        if end - start > timedelta(days=366):
            return 400, acknowledgement("Delivered time interval is not valid for this Data item: more than one year")
        matching = [(series, _within(series, start, end)) for series in self.published]
        found = [(series, some) for series, some in matching if series.zone == query["outBiddingZone_Domain"] and some]
        if not found:
            return self.empty_status, acknowledgement("No matching data found for Data item Day-ahead Total Load Forecast [6.1.B]")
        return 200, load_document([series.xml(number, some) for number, (series, some) in enumerate(found, start=1)], start, end)


def load_document(series: Sequence[str], start: datetime, end: datetime) -> str:
    """A GL_MarketDocument."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<GL_MarketDocument xmlns="{LOADS}"><mRID>3f1d</mRID>'
        "<revisionNumber>1</revisionNumber><type>A65</type><process.processType>A01</process.processType>"
        f"<createdDateTime>2026-03-10T09:00:00Z</createdDateTime>{_interval('time_Period.timeInterval', start, end)}"
        f"{''.join(series)}</GL_MarketDocument>"
    )


def acknowledgement(reason: str, code: int = 999) -> str:
    """An Acknowledgement_MarketDocument: why there is nothing else."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Acknowledgement_MarketDocument xmlns="{ACKNOWLEDGEMENTS}"><mRID>a1b2</mRID>'
        "<createdDateTime>2026-03-10T09:00:00Z</createdDateTime>"
        f"<Reason><code>{code}</code><text>{reason}</text></Reason></Acknowledgement_MarketDocument>"
    )


def hours(start: datetime, end: datetime, value: float = 2000.0) -> Period:
    """A value for every hour of a window."""
    return Period(start, [value] * ((end - start) // HOUR))


def _within(series: Series, start: datetime, end: datetime) -> list[Period]:
    return [period for period in series.periods if period.start < end and period.end > start]


def _interval(name: str, start: datetime, end: datetime) -> str:
    return f"<{name}><start>{start:{MOMENT}}</start><end>{end:{MOMENT}}</end></{name}>"


class _Handler(BaseHTTPRequestHandler):
    platform: Platform

    def do_GET(self) -> None:
        query = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self.platform.asked.append(query)
        status, document = self.platform.answer(query)
        body = document.encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def entsoe_standin() -> Iterator[Platform]:
    """A platform that runs until the block ends."""
    platform = Platform()
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"platform": platform})) as http:
        platform.url = f"http://127.0.0.1:{http.server_address[1]}/api"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield platform
        http.shutdown()
        thread.join()
