"""The transmission system operator's own day-ahead forecast, from the ENTSO-E Transparency Platform, asked by `entsoe-py`.

The client reads its address from `ENTSOE_ENDPOINT_URL` when it is imported, logs the token, chains errors that bear it, and tries
again only where there was no connection. So it is given a session of ours, by its documented argument: that puts in the address and
the token, and hands on whole answers only.
"""

import logging
import re
from datetime import datetime, timedelta
from importlib.util import find_spec
from io import BytesIO
from time import monotonic
from typing import Any
from urllib.parse import quote_plus
from xml.etree import ElementTree as ET

import httpx
import numpy as np
import pandas as pd
import requests
import urllib3
from dagster import ConfigurableResource
from pydantic import Field

from energy_dagster.domain.availability import aware_utc, naive_utc
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.tables import RAW_TSO_FORECAST
from energy_dagster.resources.answers import Answer
from energy_dagster.resources.patience import Passing, trying
from energy_dagster.resources.sources import MEGABYTE, SHOWN, TRIES, SourceError

NAME = "ENTSO-E"
AREAS: dict[str, str] = {"DK1": "10YDK-1--------W", "DK2": "10YDK-2--------M"}
"""Codes of the price areas."""

TOKEN_PARAM, HIDDEN = "securityToken", "***"
NO_DATA = "No matching data found"
SPEAKING_LOGS = ("urllib3.connectionpool", "urllib3.util.retry")
"""They tell whole addresses; while a session is open, without the token."""

QUARTER = timedelta(minutes=15)
LARGEST_ANSWER_MB, STEP_BYTES = 32, 64 * 1024
"""A month of quarters takes 0.3 MB."""


class TsoForecasts(ConfigurableResource):  # type: ignore[type-arg]
    """Reads the day-ahead load forecast of DK1 and DK2."""

    token: str | None = Field(default=None, repr=False, description="Security token of the platform")
    url: str | None = Field(default=None, description="Who answers in the platform's place; none for the client's own address")
    timeout_seconds: float = Field(default=60.0, gt=0, description="Longest silence of the platform")
    total_seconds: float = Field(default=300.0, gt=0, description="Longest time for the body of an answer")
    longest_wait_seconds: float = Field(default=300.0, ge=0, description="A longer wait is an error instead")

    def fetch(self, start: datetime, end: datetime, *, now: datetime) -> pd.DataFrame:
        """The forecast of a window, asked by the month; quarters of an hour become their hour's mean.

        Args:
            start: first hour, naive UTC.
            end: hour after the last, naive UTC; may lie ahead.
            now: the present, aware UTC.

        Returns:
            Rows of `raw_tso_forecast`; MWh; none where nothing was published.

        Raises:
            SourceError: there is no token, or the platform is down, refuses it, or answers another shape; it never tells the token.
        """
        if not self.token:
            raise SourceError(NAME, "a token in ENERGY_ENTSOE_TOKEN", "none")
        if find_spec("entsoe") is None:
            raise SourceError(NAME, "the client entsoe-py, from the extra `entsoe`", "no such package")
        if start >= end:
            return empty(RAW_TSO_FORECAST)
        with Session(self, self.token, now=now) as session:
            rows = pd.concat([_hourly(area, self._quarters(session, area, start, end)) for area in AREAS], ignore_index=True)
        rows = rows[(rows["hour_utc"] >= start) & (rows["hour_utc"] < end)]
        return rows.assign(fetched_at=pd.Timestamp(naive_utc(now)).as_unit("us"))[list(RAW_TSO_FORECAST.names)]

    def _quarters(self, session: "Session", area: str, start: datetime, end: datetime) -> "list[pd.Series[Any]]":
        from entsoe.misc import month_blocks  # noqa: PLC0415 - an extra, and only there with a token

        blocks = month_blocks(aware_utc(start), aware_utc(end))  # type: ignore[no-untyped-call] # the client has no types here
        return [part for first, last in blocks for part in quarters_of(area, _document(session, area, first, last))]


class Session(requests.Session):
    """What the client sends through: it alone knows the token, never follows elsewhere, and answers whole documents only."""

    def __init__(self, tso: TsoForecasts, token: str, *, now: datetime) -> None:
        super().__init__()
        self.tso, self.token, self.now = tso, token, now
        for name in SPEAKING_LOGS:
            logging.getLogger(name).addFilter(self._hide)

    def without_token(self, text: str) -> str:
        """A text that may repeat the question."""
        return text.replace(quote_plus(self.token), HIDDEN).replace(self.token, HIDDEN)

    def get(self, url: str | bytes, params: Any = None, **kwargs: Any) -> requests.Response:
        """Ask once; neither the answer's text nor its address bears the token.

        Raises:
            PassingFault: no whole answer came, or a refusal that can pass.
            SourceError: the platform refuses, or answers too much.
        """
        kwargs |= {"timeout": self.tso.timeout_seconds, "allow_redirects": False, "stream": True}
        try:
            with super().get(self.tso.url or url, params | {TOKEN_PARAM: self.token}, **kwargs) as answer:
                body = _whole(answer, seconds=self.tso.total_seconds)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            fault = SourceError(NAME, "an answer", f"none ({type(error).__name__}: {self.without_token(str(error))})")
            can_pass = not isinstance(error, ValueError)  # of an address that is none
        else:
            text = self.without_token(body.decode("utf-8-sig", errors="replace"))
            self._judge(answer, text)
            answer.raw, answer.encoding, answer.url = BytesIO(text.encode()), "utf-8", HIDDEN
            return answer
        raise PassingFault(fault) if can_pass else fault  # out here: the error that is left behind bears the token

    def _judge(self, answer: requests.Response, text: str) -> None:
        status = int(answer.status_code or 0)
        if status == httpx.codes.OK or NO_DATA in text:
            answer.status_code = httpx.codes.OK  # the platform has told with 400 that there is nothing
            return
        found = f"status {status}: {_told(text)}"
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            expected = "the platform to take the token in ENERGY_ENTSOE_TOKEN"
            raise SourceError(NAME, expected, f"that the token was refused, with {found}", status=status)
        error = SourceError(NAME, "status 200", found, status=status)
        if not (known := Answer(status, httpx.Headers(dict(answer.headers)), text.encode(), len(text))).refusal_can_pass:
            raise error
        told = known.retry_after_seconds(now=self.now) or 0.0
        if told > self.tso.longest_wait_seconds:
            expected = f"to have to wait at most {self.tso.longest_wait_seconds:g} s"
            raise SourceError(NAME, expected, f"{told:.0f} s, with {found}", status=status)
        raise PassingFault(error, told_seconds=told)

    def close(self) -> None:
        """Let the connections and the logs go."""
        super().close()
        for name in SPEAKING_LOGS:
            logging.getLogger(name).removeFilter(self._hide)

    def _hide(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self.without_token(record.getMessage()), ()
        return True


class PassingFault(Passing):
    """A fault of the platform that can pass, and the error it is when it does not."""

    def __init__(self, error: SourceError, *, told_seconds: float = 0.0) -> None:
        super().__init__(error.found, told_seconds=told_seconds)
        self.error = error


def _document(session: Session, area: str, start: pd.Timestamp, end: pd.Timestamp) -> ET.Element:
    from entsoe.entsoe import EntsoeRawClient  # noqa: PLC0415 - an extra, and only there with a token
    from entsoe.exceptions import NoMatchingDataError  # noqa: PLC0415

    client = EntsoeRawClient(api_key=HIDDEN, session=session, retry_count=1)
    try:
        return trying(lambda: document_of(client.query_load_forecast(AREAS[area], start=start, end=end)), dataset=NAME, tries=TRIES)
    except NoMatchingDataError:
        return ET.Element("nothing")
    except PassingFault as fault:
        fault.error.remarks += (f"tried {TRIES} times",)
        raise fault.error from fault.__cause__


def document_of(text: str) -> ET.Element:
    """The document of an answer, its names without their space.

    Raises:
        PassingFault: it is no XML: a page for maintenance, or half an answer.
        SourceError: it is another document, such as an acknowledgement that tells why there is no forecast.
    """
    try:
        document = ET.fromstring(text)  # noqa: S314 - expat bounds what entities grow to, and fetches none
    except ET.ParseError as error:
        found = f"none ({error}), starting {_told(text)!r}"
        raise PassingFault(SourceError(NAME, "an XML document", found)) from error
    for element in document.iter():
        element.tag = element.tag.rpartition("}")[2]
    if document.tag != "GL_MarketDocument" and NO_DATA not in text:
        raise SourceError(NAME, "a GL_MarketDocument", f"{document.tag}: {_told(text)}")
    return document


def quarters_of(area: str, document: ET.Element) -> "list[pd.Series[Any]]":
    """Megawatts by the quarter, one series for each period, in the order of the document.

    Raises:
        SourceError: the document is of another area, or its values are not those of a load.
    """
    if zones := {str(zone.text).strip() for zone in document.iter("outBiddingZone_Domain.mRID")} - {AREAS[area]}:
        raise SourceError(NAME, f"the day-ahead forecast of {area} ({AREAS[area]})", f"one of {', '.join(sorted(zones))}")
    found = [(series, period) for series in document.iter("TimeSeries") for period in series.iter("Period")]
    try:
        return [_of_period(series.findtext("curveType", "A01"), period) for series, period in found]
    except SourceError:
        raise
    except Exception as error:  # the client's reader raises what it happens upon
        raise SourceError(NAME, f"periods of points in the forecast of {area}", f"{type(error).__name__}: {error}") from error


def _of_period(curve: str, period: ET.Element) -> "pd.Series[Any]":
    """One period, read by the client apart from the others: it would bring repeated hours of several into no certain order."""
    from entsoe.parsers import parse_loads  # noqa: PLC0415 - an extra, and only there with a token

    alone = f"<TimeSeries><curveType>{curve}</curveType>{ET.tostring(period, encoding='unicode')}</TimeSeries>"
    megawatts = parse_loads(alone).iloc[:, 0]  # type: ignore[no-untyped-call] # the client has no types here
    start, end = (pd.Timestamp(period.findtext(f"timeInterval/{name}", "")) for name in ("start", "end"))
    step = pd.Timedelta(period.findtext("resolution", ""))
    if step not in (QUARTER, 2 * QUARTER, 4 * QUARTER) or megawatts.index.min() < start or megawatts.index.max() >= end:
        raise SourceError(NAME, "points each 15, 30 or 60 minutes within their period", f"each {step}, or outside of it")
    wrong = megawatts[~(np.isfinite(megawatts) & (megawatts >= 0))]
    if len(wrong):
        raise SourceError(NAME, "finite megawatts of at least 0", f"{wrong.iloc[0]} at {wrong.index[0]:%Y-%m-%dT%H:%MZ}")
    quarters = pd.date_range(start, end, freq=QUARTER, inclusive="left")
    filled: pd.Series[Any] = megawatts.reindex(quarters, method="ffill", tolerance=step - QUARTER)
    return filled.dropna()


def _hourly(area: str, parts: "list[pd.Series[Any]]") -> pd.DataFrame:
    """Means of the hours; of a quarter that is told twice, the last telling."""
    if not parts:
        return empty(RAW_TSO_FORECAST)[["hour_utc", "area", "forecast_mwh"]]
    quarters = pd.concat(parts)
    quarters = quarters[~quarters.index.duplicated(keep="last")]
    times = pd.DatetimeIndex(quarters.index).tz_convert("UTC").tz_localize(None).as_unit("us")
    hourly = quarters.groupby(times.floor("h")).mean()
    return pd.DataFrame({"hour_utc": hourly.index, "area": area, "forecast_mwh": hourly.to_numpy()})


def _whole(answer: requests.Response, *, seconds: float) -> bytes:
    until, body = monotonic() + seconds, bytearray()
    while part := answer.raw.read1(STEP_BYTES, decode_content=True):
        body += part
        if len(body) > LARGEST_ANSWER_MB * MEGABYTE:
            raise SourceError(NAME, f"an answer of at most {LARGEST_ANSWER_MB} MB", "a larger one")
        if monotonic() > until:
            raise requests.Timeout(f"not whole after {seconds:g} s")
    return bytes(body)


def _told(text: str) -> str:
    """The reason that an acknowledgement gives, or the start of a text, on one line."""
    reason = re.search("<text>(.*?)</text>", text, re.DOTALL)
    return " ".join((reason[1] if reason else text).split())[:SHOWN]
