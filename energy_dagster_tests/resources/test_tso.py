import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from dagster import AssetKey, AssetsDefinition, DagsterInstance, materialize

from energy_dagster.definitions import build_definitions
from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.contracts import conform, empty
from energy_dagster.domain.tables import RAW_TSO_FORECAST
from energy_dagster.resources import tso as tso_module
from energy_dagster.resources.sources import TRIES, SourceError
from energy_dagster.resources.tso import TsoForecasts
from energy_dagster.settings import Settings
from energy_dagster_tests.resources.entsoe_standin import (
    DK1,
    DK2,
    QUARTER,
    TOKEN,
    Period,
    Platform,
    Series,
    acknowledgement,
    entsoe_standin,
    hours,
    load_document,
)
from energy_dagster_tests.resources.faulty_server import FaultyServer, Reply
from energy_dagster_tests.sandbox.asking import NOW

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def one_platform() -> Iterator[Platform]:
    with entsoe_standin() as opened:
        yield opened


@pytest.fixture
def platform(one_platform: Platform) -> Platform:
    """A platform that has published nothing yet."""
    one_platform.published, one_platform.asked, one_platform.empty_status = [], [], 200
    return one_platform


@pytest.fixture
def faulty(server: FaultyServer) -> TsoForecasts:
    """The server of faults in the platform's place, asked as patiently as a busy machine needs."""
    return tso_at(server.url, timeout_seconds=10, total_seconds=20)


def asked_as_fits(faulty: TsoForecasts, server: FaultyServer, reply: Reply) -> TsoForecasts:
    """The same, with little patience for an answer that is slow on purpose."""
    slow = reply.silent_seconds or reply.drip_seconds
    return tso_at(server.url, timeout_seconds=0.5, total_seconds=1.0) if slow else faulty


def tso_at(url: str, token: str | None = TOKEN, **fields: Any) -> TsoForecasts:
    return TsoForecasts(token=token, url=url, **fields)


def fetch(tso: TsoForecasts, start: datetime = NOON, end: datetime = NOON + DAY) -> pd.DataFrame:
    """Rows of a window, held to the table's contract."""
    return conform(RAW_TSO_FORECAST, tso.fetch(naive_utc(start), naive_utc(end), now=NOW))


def of_dk1(platform: Platform, *series: Series | Period) -> list[tuple[str, float]]:
    """Hours and values of DK1 over the day from noon, when it published these."""
    platform.published = [one if isinstance(one, Series) else Series(DK1, [one]) for one in series]
    rows = fetch(tso_at(platform.url))
    return [(f"{hour:%H}", value) for hour, value in zip(rows["hour_utc"], rows["forecast_mwh"], strict=True)]


def document(*periods: Period, zone: str = DK1) -> bytes:
    return load_document([Series(zone, periods).xml(1, periods)], NOON, NOON + DAY).encode()


def failing(tso: TsoForecasts) -> SourceError:
    with pytest.raises(SourceError) as caught:
        fetch(tso)
    return caught.value


# What a forecast becomes


def test_both_areas_are_read_in_whole_hours_with_when_they_were_fetched(platform: Platform) -> None:
    platform.published = [
        Series(DK1, [hours(NOON, NOON + DAY, 2100.0)]),
        Series(DK2, [hours(NOON, NOON + DAY, 1400.5)]),
    ]
    rows = fetch(tso_at(platform.url))
    assert rows.groupby("area")["forecast_mwh"].agg(["size", "min", "max"]).to_dict("index") == {
        "DK1": {"size": 24, "min": 2100.0, "max": 2100.0},
        "DK2": {"size": 24, "min": 1400.5, "max": 1400.5},
    }
    assert rows["fetched_at"].unique().tolist() == [pd.Timestamp(naive_utc(NOW))]


def test_the_platform_is_asked_for_the_day_ahead_forecast_of_the_window(platform: Platform) -> None:
    fetch(tso_at(platform.url))
    window = {"periodStart": "202603091200", "periodEnd": "202603101200"}
    asked = {"documentType": "A65", "processType": "A01", "securityToken": TOKEN} | window
    assert platform.asked == [asked | {"outBiddingZone_Domain": zone} for zone in (DK1, DK2)]


def test_quarters_become_the_mean_of_their_hour(platform: Platform) -> None:
    assert of_dk1(platform, Period(NOON, [1, 2, 3, 6, 10, 10, 10, 10], QUARTER)) == [("12", 3.0), ("13", 10.0)]


def test_an_hour_of_fewer_quarters_is_their_mean(platform: Platform) -> None:
    assert of_dk1(platform, Period(NOON, [1, None, 3, None, 10, 10, 10, 10], QUARTER)) == [("12", 2.0), ("13", 10.0)]


def test_half_hours_become_the_mean_of_their_hour(platform: Platform) -> None:
    assert of_dk1(platform, Period(NOON, [1, 2], timedelta(minutes=30))) == [("12", 1.5)]


def test_a_point_left_out_of_a_stepped_curve_has_the_value_before_it(platform: Platform) -> None:
    stepped = Series(DK1, [Period(NOON, [4, None, None, 8, None, None, None, None], QUARTER)], curve="A03")
    assert of_dk1(platform, stepped) == [("12", 5.0), ("13", 8.0)]


def test_an_hour_that_is_not_published_has_no_row(platform: Platform) -> None:
    assert of_dk1(platform, Period(NOON, [7, None, 9])) == [("12", 7.0), ("14", 9.0)]


def test_periods_and_series_are_put_together(platform: Platform) -> None:
    parted = Series(DK1, [Period(NOON, [1, 1], QUARTER), Period(NOON + 3 * QUARTER, [4], QUARTER)])
    assert of_dk1(platform, parted, Period(NOON + HOUR, [5])) == [("12", 2.0), ("13", 5.0)]


def test_of_repeated_intervals_the_last_counts(platform: Platform) -> None:
    first, second = (Period(NOON, [value] * 96, QUARTER) for value in (1000, 2000))  # so many that an unstable order shows
    assert {value for _, value in of_dk1(platform, first, second)} == {2000.0}
    assert {value for _, value in of_dk1(platform, Series(DK1, [second, first]))} == {1000.0}


def test_a_later_quarter_replaces_its_part_of_an_hour_and_a_later_hour_all_its_quarters(platform: Platform) -> None:
    hour, quarter = Period(NOON, [8]), Period(NOON + QUARTER, [4], QUARTER)
    assert of_dk1(platform, hour, quarter) == [("12", 7.0)]
    assert of_dk1(platform, quarter, hour) == [("12", 8.0)]


def test_hours_beyond_the_window_are_left_out(platform: Platform) -> None:
    platform.published = [Series(DK1, [hours(NOON - DAY, NOON + 2 * DAY)])]
    rows = fetch(tso_at(platform.url))
    assert (len(rows), rows["hour_utc"].min(), rows["hour_utc"].max()) == (24, naive_utc(NOON), naive_utc(NOON + DAY - HOUR))


def test_a_window_over_both_clock_changes_has_every_utc_hour_once(platform: Platform) -> None:
    start, end = datetime(2025, 3, 27, 23, tzinfo=UTC), datetime(2025, 10, 27, 23, tzinfo=UTC)
    days = pd.date_range(start, end, freq="D", tz="UTC").to_pydatetime()
    changing = [Period(day, [2000] * 96, QUARTER) for day in days if f"{day:%m-%d}" in ("03-29", "10-25")]
    whole = [hours(day, day + DAY) for day in days]
    platform.published = [Series(zone, [*whole, *changing]) for zone in (DK1, DK2)]
    rows = fetch(tso_at(platform.url), start, end)
    wanted = pd.date_range(naive_utc(start), naive_utc(end), freq="h", inclusive="left")
    for area in ("DK1", "DK2"):
        assert rows.loc[rows["area"] == area, "hour_utc"].tolist() == wanted.tolist()


def test_a_year_is_asked_for_by_the_month_without_a_gap(platform: Platform) -> None:
    fetch(tso_at(platform.url), datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    asked = [(one["periodStart"], one["periodEnd"]) for one in platform.asked if one["outBiddingZone_Domain"] == DK1]
    assert len(asked) == 12
    assert [start for start, _ in asked[1:]] == [end for _, end in asked[:-1]]


# Nothing to read


@pytest.mark.parametrize("status", [200, 400])
def test_nothing_published_is_no_row_and_no_fault(platform: Platform, status: int) -> None:
    platform.empty_status = status
    rows = fetch(tso_at(platform.url))
    assert rows.dtypes.to_dict() == empty(RAW_TSO_FORECAST).dtypes.to_dict()
    assert (len(rows), len(platform.asked)) == (0, 2)


@pytest.mark.parametrize("kind", ["text/xml", "application/xml; charset=UTF-8", "text/plain"])
def test_nothing_published_is_understood_whatever_the_answer_calls_itself(
    server: FaultyServer, faulty: TsoForecasts, kind: str
) -> None:
    server.will(Reply(acknowledgement("No matching data found").encode(), kind=kind))
    assert fetch(faulty).empty


def test_a_byte_order_mark_is_tolerated(server: FaultyServer, faulty: TsoForecasts) -> None:
    server.will(Reply(b"\xef\xbb\xbf" + acknowledgement("No matching data found").encode(), kind="text/plain"))
    assert fetch(faulty).empty


def test_one_area_without_a_forecast_leaves_the_other(platform: Platform) -> None:
    platform.published = [Series(DK2, [hours(NOON, NOON + DAY)])]
    assert fetch(tso_at(platform.url))["area"].value_counts().to_dict() == {"DK2": 24}


def test_an_empty_window_asks_nothing(platform: Platform) -> None:
    assert fetch(tso_at(platform.url), NOON, NOON).empty
    assert platform.asked == []


# Values that are none


@pytest.mark.parametrize(("value", "told"), [("nan", "nan"), ("inf", "inf"), ("-0.1", "-0.1"), ("-inf", "-inf")])
def test_a_value_that_cannot_be_a_load_is_refused(platform: Platform, value: str, told: str) -> None:
    platform.published = [Series(DK1, [Period(NOON, [1800, value])])]
    fault = failing(tso_at(platform.url))
    assert str(fault) == f"ENTSO-E: expected finite megawatts of at least 0, found {told} at 2026-03-09T13:00Z"


@pytest.mark.parametrize("reply", ["x", "", "1 800"])
def test_a_value_that_is_no_number_is_refused(platform: Platform, reply: str) -> None:
    platform.published = [Series(DK1, [Period(NOON, [reply])])]
    assert "expected periods of points in the forecast of DK1, found ValueError" in str(failing(tso_at(platform.url)))


def test_the_forecast_of_another_area_is_refused(server: FaultyServer, faulty: TsoForecasts) -> None:
    server.will(Reply(document(Period(NOON, [1800]), zone="10YSE-1--------K"), kind="text/xml"))
    fault = "expected the day-ahead forecast of DK1 (10YDK-1--------W), found one of 10YSE-1--------K"
    assert fault in str(failing(faulty))


STRANGE = {
    "days": (b"PT60M", b"P1D", "expected points each 15, 30 or 60 minutes"),
    "minutes": (b"PT60M", b"PT1M", "expected points each 15, 30 or 60 minutes"),
    "an unknown step": (b"PT60M", b"PT7M", "found NotImplementedError"),
    "a point before its period": (b"<position>1<", b"<position>0<", "within their period"),
    "a point after its period": (b"<position>1<", b"<position>9<", "within their period"),
    "a point without a place": (b"<position>1</position>", b"", "found AttributeError"),
    "a period without points": (b"<Point><position>1</position><quantity>1800</quantity></Point>", b"", "periods of points"),
    "a start that is no time": (b"<Period><timeInterval><start>2026", b"<Period><timeInterval><start>MMXXVI", "periods of points"),
    "times without a zone": (b":00Z</end></timeInterval><res", b":00</end></timeInterval><res", "periods of points"),
}


@pytest.mark.parametrize(("part", "instead", "told"), STRANGE.values(), ids=STRANGE)
def test_a_document_of_another_shape_is_refused(
    server: FaultyServer, faulty: TsoForecasts, part: bytes, instead: bytes, told: str
) -> None:
    whole = document(Period(NOON, [1800]))
    assert part in whole
    server.will(Reply(whole.replace(part, instead), kind="text/xml"))
    assert told in str(failing(faulty))


# Refusals and faults


def test_a_token_that_is_not_taken_is_told_at_once(platform: Platform) -> None:
    fault = failing(tso_at(platform.url, "another-token"))
    assert "expected the platform to take the token in ENERGY_ENTSOE_TOKEN, found that the token was refused" in str(fault)
    assert (fault.status, len(platform.asked)) == (401, 1)


def test_a_forbidden_token_is_told_too(server: FaultyServer, faulty: TsoForecasts) -> None:
    server.will(Reply(b"", status=403))
    assert "found that the token was refused, with status 403" in str(failing(faulty))


def test_no_token_asks_nothing(platform: Platform) -> None:
    for none in (None, ""):
        assert "expected a token in ENERGY_ENTSOE_TOKEN, found none" in str(failing(tso_at(platform.url, none)))
    assert platform.asked == []


def test_an_acknowledgement_tells_why_there_is_no_forecast(server: FaultyServer, faulty: TsoForecasts) -> None:
    reason = acknowledgement("The amount of requested data exceeds allowed limit").encode()
    for status, expected in (
        (400, "status 200, found status 400"),
        (200, "a GL_MarketDocument, found Acknowledgement_MarketDocument"),
    ):
        server.will(Reply(reason, kind="text/xml", status=status))
        assert f"expected {expected}: The amount of requested data exceeds allowed limit" in str(failing(faulty))


PASSING = {
    "too many questions": (Reply(b"Too many", status=429), "expected status 200, found status 429: Too many"),
    "down": (Reply(b"<html>Down</html>", status=503), "expected status 200, found status 503: <html>Down</html>"),
    "silent": (Reply(b"", silent_seconds=1.5), "expected an answer, found none (ReadTimeout: "),
    "ever slower": (Reply(b"." * 99, drip_seconds=0.05), "expected an answer, found none (Timeout: not whole after 1 s)"),
    "cut": (Reply(b"." * 99, cut_after=50), "expected an answer, found none (ProtocolError: "),
    "a page": (Reply(b"<html><br>Down</html>", kind="text/html"), "expected an XML document, found none (mismatched tag"),
    "half a document": (Reply(document(hours(NOON, NOON + DAY))[:-99], kind="text/xml"), "expected an XML document, found none"),
    "nothing": (Reply(b"", kind="text/xml"), "expected an XML document, found none (no element found"),
}


@pytest.mark.parametrize(("reply", "told"), PASSING.values(), ids=PASSING)
def test_a_fault_that_does_not_pass_is_told_in_a_sentence(
    server: FaultyServer, faulty: TsoForecasts, waits: list[float], reply: Reply, told: str
) -> None:
    server.will(reply)
    fault = str(failing(asked_as_fits(faulty, server, reply)))
    assert fault.startswith(f"ENTSO-E: {told}")
    assert fault.endswith(f"; tried {TRIES} times")
    assert (len(server.asked), len(waits)) == (TRIES, TRIES - 1)


@pytest.mark.parametrize(("reply", "_"), PASSING.values(), ids=PASSING)
def test_a_fault_that_passes_is_forgotten(
    server: FaultyServer, faulty: TsoForecasts, waits: list[float], reply: Reply, _: str
) -> None:
    nothing = Reply(acknowledgement("No matching data found").encode(), kind="text/xml")
    server.will(reply, nothing)
    assert fetch(asked_as_fits(faulty, server, reply)).empty
    assert len(waits) == 1


def test_nobody_there_is_told_in_a_sentence(waits: list[float]) -> None:
    fault = str(failing(tso_at("http://127.0.0.1:1/api")))
    assert fault.startswith("ENTSO-E: expected an answer, found none (ConnectionError: ")


@pytest.mark.parametrize("url", ["nowhere", "ftp://127.0.0.1/api", "http://[/api"])
def test_an_address_that_is_none_is_told_at_once(waits: list[float], url: str) -> None:
    assert "expected an answer, found none (" in str(failing(tso_at(url)))
    assert waits == []


def test_the_platform_is_left_alone_as_long_as_it_says(server: FaultyServer, faulty: TsoForecasts, waits: list[float]) -> None:
    server.will(Reply(b"", status=429, headers={"Retry-After": "60"}), Reply(acknowledgement("No matching data found").encode()))
    fetch(faulty)
    assert waits == [60.0]


def test_a_ban_that_is_too_long_to_wait_for_is_told(server: FaultyServer, faulty: TsoForecasts, waits: list[float]) -> None:
    server.will(Reply(b"Banned", status=429, headers={"Retry-After": "600"}))
    assert "expected to have to wait at most 300 s, found 600 s, with status 429: Banned" in str(failing(faulty))
    assert (len(server.asked), waits) == (1, [])


def test_an_answer_without_end_is_refused(server: FaultyServer, faulty: TsoForecasts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tso_module, "LARGEST_ANSWER_MB", 1)
    server.will(Reply(chunks=lambda: (b" " * 100_000 for _ in range(100)), kind="text/xml"))
    assert "expected an answer of at most 1 MB, found a larger one" in str(failing(faulty))


def test_another_place_is_never_told_the_token(server: FaultyServer, faulty: TsoForecasts, platform: Platform) -> None:
    server.will(Reply(b"", status=302, headers={"Location": platform.url}))
    assert "found status 302" in str(failing(faulty))
    assert platform.asked == []


# The token

SPECIAL = "a token/with+signs&such=1%"


@pytest.mark.parametrize("token", [TOKEN, SPECIAL])
@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"", silent_seconds=1.0),
        Reply(b"", cut_after=0),
        Reply(f"No such token: {TOKEN} {SPECIAL}".encode(), status=401),
        Reply(f"Bad request: {TOKEN} {SPECIAL}".encode(), status=400),
        Reply(acknowledgement("No matching data found").encode(), status=400, kind="text/xml"),
        Reply(f"<html><br>You asked with {TOKEN} {SPECIAL}".encode(), kind="text/html"),
        Reply(acknowledgement(f"Not for {TOKEN} {SPECIAL}".replace("&", "&#38;")).encode(), kind="text/xml"),
    ],
    ids=["silent", "cut", "refused", "bad", "nothing", "page", "reason"],
)
def test_the_token_is_neither_logged_nor_in_what_is_raised(
    server: FaultyServer, waits: list[float], caplog: pytest.LogCaptureFixture, token: str, reply: Reply
) -> None:
    server.will(reply)
    told = []
    with caplog.at_level(logging.DEBUG):
        try:
            fetch(tso_at(server.url, token, timeout_seconds=0.3 if reply.silent_seconds else 10))
        except SourceError as error:
            told = everything_told_by(error)
    assert server.asked[0][1]["securityToken"] == token
    assert any("documentType" in one.getMessage() for one in caplog.records)  # the logs do speak of the question
    for text in (*told, caplog.text):
        assert token not in text
        assert token.replace("/", "%2F").replace("+", "%2B").replace(" ", "+").split("&")[0] not in text


def test_the_token_is_not_told_when_nobody_is_there(waits: list[float], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        told = everything_told_by(failing(tso_at("http://127.0.0.1:1/api")))
    assert TOKEN not in "".join((*told, caplog.text))


def test_a_resource_does_not_show_its_token() -> None:
    assert TOKEN not in repr(tso_at("http://platform"))


def test_logs_are_let_go_of_afterwards(platform: Platform) -> None:
    before = [list(logging.getLogger(name).filters) for name in tso_module.SPEAKING_LOGS]
    failing(tso_at(platform.url, "another-token"))
    assert [list(logging.getLogger(name).filters) for name in tso_module.SPEAKING_LOGS] == before


def everything_told_by(error: BaseException) -> list[str]:
    """Messages and representations of an error and of all that it is chained to, even where that is not shown."""
    chain: list[BaseException] = []
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop()
        if one is not None and one not in chain:
            chain.append(one)
            left += [one.__cause__, one.__context__]
    return [text for one in chain for text in (str(one), repr(one), repr(vars(one)), "".join(traceback.format_exception(one)))]


# The address


def test_without_an_address_the_clients_own_is_asked(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["entsoe.entsoe"], "URL", platform.url)  # as ENTSOE_ENDPOINT_URL sets it before the import
    fetch(TsoForecasts(token=TOKEN))
    assert len(platform.asked) == 2


# In the graph


def graph(tmp_path: Path, token: str | None) -> dict[AssetKey, AssetsDefinition]:
    settings = Settings(entsoe_token=token, data=str(tmp_path), now=NOW)
    found = build_definitions(settings)
    return {asset.key: asset for asset in found.assets or () if isinstance(asset, AssetsDefinition)}


def test_the_asset_keeps_a_month_with_the_hours_ahead(tmp_path: Path, platform: Platform) -> None:
    start, ahead = datetime(2026, 3, 1, tzinfo=UTC), NOW + timedelta(hours=72)
    platform.published = [Series(zone, [hours(start, start + 14 * DAY)]) for zone in (DK1, DK2)]
    settings = Settings(entsoe_token=TOKEN, data=str(tmp_path), now=NOW)
    definitions = build_definitions(settings)
    asset = definitions.get_assets_def("raw_tso_forecast")
    resources = {**(definitions.resources or {}), "tso": tso_at(platform.url)}
    with DagsterInstance.ephemeral() as instance:
        made = materialize([asset], partition_key="2026-03-01", instance=instance, resources=resources)
    rows = conform(RAW_TSO_FORECAST, made.output_for_node("raw_tso_forecast"))
    hours_ahead = pd.date_range(naive_utc(start), naive_utc(ahead), freq="h", inclusive="left")
    assert rows.groupby("area")["hour_utc"].nunique().to_dict() == {"DK1": len(hours_ahead), "DK2": len(hours_ahead)}


def test_without_a_token_the_asset_is_not_in_the_graph(tmp_path: Path) -> None:
    forecast = AssetKey("raw_tso_forecast")
    assert forecast in graph(tmp_path, TOKEN)
    assert forecast not in graph(tmp_path, None)
    assert forecast not in graph(tmp_path, "")
