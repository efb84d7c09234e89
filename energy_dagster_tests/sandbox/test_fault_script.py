from datetime import UTC, datetime

import pytest

from energy_dagster.sandbox.fault_kinds import KINDS, Refused, Renamed, Truncated
from energy_dagster.sandbox.fault_script import BadFault, FaultScript, ScriptedFault, kinds_told, parse_fault
from energy_dagster.sandbox.faults import Asked

NAME = "GenerationProdTypeExchange"


def asked(number: int, name: str = NAME) -> Asked:
    return Asked(name, number, datetime(2026, 1, 1, tzinfo=UTC), {})


def test_a_fault_is_a_name_a_kind_and_maybe_a_number_of_requests() -> None:
    assert parse_fault(f"{NAME}=html") == ScriptedFault(NAME, "html")
    assert parse_fault("weather-archive=status-503:2") == ScriptedFault("weather-archive", "status-503", 2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("html", "expected NAME=KIND"),
        ("=html", "expected NAME=KIND"),
        (f"{NAME}=", "expected NAME=KIND"),
        (f"{NAME}=fire", "expected one of the kinds status-429, .*; found 'fire'"),
        (f"{NAME}=html:", "expected a number of requests"),
        (f"{NAME}=html:0", "expected a number of requests"),
        (f"{NAME}=html:some", "expected a number of requests"),
    ],
)
def test_a_text_that_is_no_fault_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadFault, match=reason):
        parse_fault(text)


def test_faults_of_a_name_follow_each_other_and_then_answers_are_good() -> None:
    script = FaultScript([parse_fault(f"{NAME}={kind}") for kind in ("status-500:2", "truncated-json:1")])
    assert [script(asked(number)) for number in range(1, 5)] == [Refused(500), Refused(500), Truncated(), None]


def test_a_fault_without_a_number_stays() -> None:
    script = FaultScript([parse_fault(f"{NAME}=status-500:1"), parse_fault(f"{NAME}=renamed")])
    assert [script(asked(number)) for number in (1, 2, 99)] == [Refused(500), Renamed(), Renamed()]


def test_other_names_are_spared() -> None:
    assert FaultScript([parse_fault(f"{NAME}=html")])(asked(1, "weather")) is None


def test_every_kind_is_told_in_a_line() -> None:
    lines = kinds_told().splitlines()
    assert [line.split()[0] for line in lines] == list(KINDS)
    assert all(len(line.split()) > 2 and line.endswith(".") for line in lines)
