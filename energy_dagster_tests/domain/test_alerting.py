"""What a receiver is told, and when: once at the beginning, once a day, once at the end, and nothing is lost."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_dagster.domain.alerting import (
    MOST_KEPT,
    Condition,
    Seen,
    Told,
    after_look,
    delivered,
    from_json,
    messages_due,
    to_json,
)

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MONITORING = "https://app/monitoring"


def condition(key: str = "forecast/stale", *, severity: str = "error") -> Condition:
    return Condition(key, f"{key} is wrong", severity, START, "3 h old", "look at it", "https://dagster/x")  # type: ignore[arg-type]


class Receiver:
    """A receiver with its memory, which may be out of reach."""

    def __init__(self) -> None:
        self.memory: dict[str, Told] = {}
        self.now, self.reachable, self.got = START, True, list[str]()

    def look(self, *conditions: Condition, unknown: tuple[str, ...] = (), after: timedelta = MINUTE) -> list[str]:
        """The moments told at a look some time after the last."""
        self.now += after
        seen = Seen(conditions, frozenset(unknown))
        self.memory = after_look(self.memory, seen, now=self.now)
        due = messages_due(self.memory, seen, now=self.now, monitoring=MONITORING)
        if not self.reachable:
            return []
        for message in due:
            self.memory = delivered(self.memory, message)
        self.got += [f"{message.moment} {message.key}" for message in due]
        return [message.moment for message in due]


def test_a_condition_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    receiver = Receiver()
    assert receiver.look(condition()) == ["began"]
    assert receiver.look(condition()) == []
    assert receiver.look() == ["ended"]
    assert receiver.look() == []
    assert receiver.memory == {}


def test_what_stands_is_told_again_once_a_day() -> None:
    receiver = Receiver()
    receiver.look(condition())
    assert receiver.look(condition(), after=DAY - MINUTE) == []
    assert receiver.look(condition(), after=MINUTE) == ["stands"]
    assert receiver.look(condition(), after=MINUTE) == []
    assert receiver.look(condition(), after=DAY) == ["stands"]


def test_a_warning_that_becomes_an_error_is_told_at_once_and_not_again_when_it_eases() -> None:
    receiver = Receiver()
    receiver.look(condition(severity="warning"))
    assert receiver.look(condition()) == ["worse"]
    assert receiver.look(condition(severity="warning")) == []


def test_what_began_and_ended_out_of_reach_is_told_afterwards() -> None:
    receiver = Receiver()
    receiver.reachable = False
    receiver.look(condition())
    receiver.look()
    receiver.reachable = True
    assert receiver.look() == ["passed"]
    assert receiver.look() == []


def test_a_recovery_that_did_not_arrive_is_told_at_the_next_look() -> None:
    receiver = Receiver()
    receiver.look(condition())
    receiver.reachable = False
    receiver.look()
    receiver.reachable = True
    assert receiver.look() == ["ended"]


def test_what_comes_back_before_its_end_was_told_goes_on_standing() -> None:
    receiver = Receiver()
    receiver.look(condition())
    receiver.reachable = False
    receiver.look()
    receiver.reachable = True
    assert receiver.look(condition()) == []
    assert receiver.look() == ["ended"]


def test_what_cannot_be_looked_at_has_not_ended() -> None:
    receiver = Receiver()
    receiver.look(condition("skill/below_naive"))
    assert receiver.look(unknown=("skill",)) == []
    assert receiver.look(unknown=("coverage",)) == ["ended"]


def test_a_message_says_what_since_when_how_bad_and_what_to_do() -> None:
    seen = Seen((condition(),))
    now = START + timedelta(hours=3)
    [message] = messages_due(after_look({}, seen, now=now), seen, now=now, monitoring=MONITORING)
    assert message.title == "forecast/stale is wrong"
    assert message.text.splitlines() == [
        "What: forecast/stale is wrong (error)",
        "Since: 2026-03-01 12:00 UTC, 3.0 h ago",
        "How bad: 3 h old",
        "What to do: look at it",
        "Dagster: https://dagster/x",
        "Monitoring page: https://app/monitoring",
    ]


def test_a_memory_is_bounded_and_errors_have_the_first_claim() -> None:
    many = [condition(f"check/{number:03}", severity="warning") for number in range(MOST_KEPT + 20)]
    receiver = Receiver()
    assert len(receiver.look(*many, condition())) == MOST_KEPT
    assert receiver.got[0] == "began forecast/stale"
    assert len(receiver.look(*many[MOST_KEPT:], condition())) == MOST_KEPT - 1  # the ends of those told
    assert len(receiver.look(*many[MOST_KEPT:], condition())) == 20
    assert len(to_json({"mark": receiver.memory})) < 60_000


@given(st.lists(st.tuples(st.sets(st.sampled_from("abc")), st.booleans(), st.integers(1, 2000)), max_size=30))
def test_each_begin_is_followed_by_one_end_whatever_fails(looks: list[tuple[set[str], bool, int]]) -> None:
    receiver = Receiver()
    for keys, reachable, minutes in looks:
        receiver.reachable = reachable
        receiver.look(*map(condition, sorted(keys)), after=minutes * MINUTE)
        receiver.memory = from_json(to_json({"mark": receiver.memory}), ["mark"])["mark"]
    receiver.reachable = True
    receiver.look(after=MINUTE)
    assert receiver.memory == {}
    for key in "abc":
        told = [one.split()[0] for one in receiver.got if one.endswith(f" {key}")]
        alternating = [one for one in told if one in ("began", "ended")]
        assert alternating == ["began", "ended"] * (len(alternating) // 2)


def test_a_memory_that_is_none_is_refused_with_what_was_found() -> None:
    with pytest.raises(ValueError, match=r"expected the memory of alerts as JSON, found '17'"):
        from_json("17", ["mark"])
    assert from_json(None, ["mark"]) == {"mark": {}}
