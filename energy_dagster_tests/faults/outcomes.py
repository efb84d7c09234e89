"""Every fault, and what becomes of a reading it hits: one table for the portal, one for the weather services."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from energy_dagster.resources.sources import TRIES
from energy_dagster.sandbox.fault_changes import EVERY, Envelope
from energy_dagster.sandbox.fault_kinds import KINDS, Changed, Fault, Hang, Misread, Refused

THREE_DAYS = 3 * 86_400
SHORT_HANG = Hang(1.0)
PATIENCE_SECONDS = {"hang": 0.25}
"""Longest silence that is borne, where it matters."""

PAGE_RECORDS = {"overlapping-pages": 500, "ignored-offset": 500}
"""Records of a page, where the fault shows only between pages."""

Effect = Literal["refused", "same", "nothing", "fewer", "other"]
"""`refused` with a SourceError; else understood: the `same` rows as of a clean answer, `nothing`, `fewer` hours, `other` values."""


@dataclass(frozen=True)
class Outcome:
    """What a reading comes to.

    Attributes:
        effect: see above.
        expected: what the sentence says was expected.
        found: a pattern of what it says was found.
        kept: whether the answer goes to the quarantine.
        asked: how many requests were sent.
    """

    effect: Effect
    expected: str = ""
    found: str = ""
    kept: bool = False
    asked: int = 1


def quarter_hours(envelope: Envelope) -> Envelope:
    """Every hour as its four quarters."""
    records = [_later(record, 15 * quarter) for record in envelope["records"] for quarter in range(4)]
    return envelope | {"total": len(records), "records": records}


def _later(record: dict[str, Any], minutes: int) -> dict[str, Any]:
    times = {name: record[name] for name in ("TimeUTC", "TimeDK", "HourUTC", "HourDK", "time") if name in record}
    return record | {name: (datetime.fromisoformat(time) + timedelta(minutes=minutes)).isoformat() for name, time in times.items()}


def zeros(envelope: Envelope) -> Envelope:
    """Zero in every third record."""
    return envelope | {
        "records": [_with_zeros(record) if n % EVERY == 0 else record for n, record in enumerate(envelope["records"])]
    }


def _with_zeros(record: dict[str, Any]) -> dict[str, Any]:
    return record | {name: 0.0 for name, value in record.items() if isinstance(value, int | float)}


def no_temperatures(envelope: Envelope) -> Envelope:
    """Null for every temperature, the other measures as they are."""
    return envelope | {
        "records": [record | {name: None for name in record if "temperature" in name} for record in envelope["records"]]
    }


FAULTS: Final[Mapping[str, Fault]] = {
    **{str(kind): fault for kind, fault in KINDS.items()},
    "hang": SHORT_HANG,
    "status-429-for-days": Refused(429, THREE_DAYS),
    "quarter-hours": Changed(quarter_hours),
    "zeros": Changed(zeros),
}
"""Every kind that the replica knows, with a shorter hang, and a few more."""

SAME = Outcome("same")
PASSING = Outcome("refused", "status 200", "status 503", asked=TRIES)
LIMITED = replace(PASSING, found="status 429 .*Rate limit is exceeded")
NO_JSON = Outcome("refused", "a JSON document", kept=True, asked=TRIES)
MISREAD = Outcome("refused", kept=True)

PORTAL: Final[Mapping[str, Outcome]] = {
    "status-429": LIMITED,
    "status-429-date": LIMITED,
    "status-429-bare": LIMITED,
    "status-429-for-days": Outcome("refused", "to have to wait at most 300 s", "259200 s, with status 429"),
    "status-500": replace(PASSING, found="status 500"),
    "status-503": PASSING,
    "renamed": Outcome("refused", "status 200", "status 404 .*was not found"),
    "hang": Outcome("refused", "an answer", "ReadTimeout", asked=TRIES),
    "reset": Outcome("refused", "an answer", "peer closed connection without sending complete message body", asked=TRIES),
    "truncated-json": replace(NO_JSON, found="application/json that is none"),
    "html": replace(NO_JSON, found="text/html.* that is none .*<!DOCTYPE html>"),
    "wrong-content-type": SAME,
    "huge-answer": replace(MISREAD, expected="an answer of at most 20 MB", found="a larger one"),
    "numbers-as-text": SAME,
    "decimal-commas": replace(MISREAD, expected="ISO times and numbers", found=r'Unable to parse string "\d+,\d+"'),
    "nulls": Outcome("fewer"),
    "extra-column": SAME,
    "missing-column": replace(MISREAD, expected="column GrossConsumptionMWh", found="columns HourUTC, HourDK, PriceArea"),
    "duplicates": SAME,
    "conflicting-duplicates": Outcome("other"),
    "total-too-high": replace(SAME, asked=2),
    "total-too-low": SAME,
    "too-large-values": Outcome("other"),
    "negative-values": Outcome("other"),
    "zeros": Outcome("other"),
    "empty": Outcome("nothing"),
    "descending": SAME,
    "shuffled": SAME,
    "other-zone": replace(MISREAD, expected="ISO times and numbers", found="a time of another zone than UTC"),
    "wrong-local-time": replace(MISREAD, expected="HourDK on Danish clocks of HourUTC", found="1488 that differ"),
    "quarter-hours": replace(MISREAD, expected="times that begin an hour", found="2018-10-01T00:15:00"),
    "overlapping-pages": replace(SAME, asked=3),
    "ignored-offset": Outcome("refused", "other records from offset 500 on", "the page before again", asked=2),
    "ignored-window": SAME,
}

ONLY_OF_THE_PORTAL = {
    *("total-too-high", "total-too-low", "wrong-local-time", "status-429", "status-429-date", "status-429-bare", "zeros"),
    *(kind for kind, fault in FAULTS.items() if isinstance(fault, Misread)),
}
"""Faults of pages, totals and Danish times, which the weather services do not have, and those that differ in nothing there."""

WEATHER: Final[Mapping[str, Outcome]] = {
    **{kind: outcome for kind, outcome in PORTAL.items() if kind not in ONLY_OF_THE_PORTAL},
    "renamed": Outcome("refused", "status 200", "status 404"),
    "decimal-commas": replace(MISREAD, expected="times and numbers of Aarhus", found=r'Unable to parse string "-?\d+,\d+"'),
    "missing-column": replace(MISREAD, expected="hourly temperature_2m_previous_day1 of Aarhus", found="an answer without"),
    "other-zone": replace(MISREAD, expected="times and numbers of Aarhus", found="a time of another zone than UTC"),
    "too-large-values": Outcome("fewer"),
    "quarter-hours": replace(MISREAD, expected="times that begin an hour, of Aarhus", found="2018-10-01T00:15:00"),
}


def with_effects(outcomes: Mapping[str, Outcome], *effects: Effect) -> list[str]:
    """The kinds that come to one of these."""
    return [kind for kind, outcome in outcomes.items() if outcome.effect in effects]
