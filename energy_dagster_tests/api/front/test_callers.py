import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.front.callers import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_without_a_limit_nothing_is_counted() -> None:
    assert Pace(0).take("anybody") is None


def test_a_minutes_worth_may_be_asked_at_once_and_not_more() -> None:
    pace = Pace(6, clock=Clock())
    taken = [pace.take("one") for _ in range(7)]
    assert [one.remaining for one in taken if one] == [5, 4, 3, 2, 1, 0, 0]
    assert [one.wait > 0 for one in taken if one] == [False] * 6 + [True]


def test_whoever_waits_as_long_as_told_is_let_in() -> None:
    clock = Clock()
    pace = Pace(6, clock=clock)
    for _ in range(6):
        pace.take("one")
    refused = pace.take("one")
    assert refused is not None
    assert refused.wait == pytest.approx(10)
    clock.now += refused.wait
    allowed = pace.take("one")
    assert allowed is not None
    assert allowed.wait == 0


def test_one_callers_pace_is_not_anothers() -> None:
    pace = Pace(1, clock=Clock())
    first, again, other = pace.take("one"), pace.take("one"), pace.take("other")
    assert first is not None
    assert again is not None
    assert other is not None
    assert (first.wait, other.wait) == (0, 0)
    assert again.wait > 0


@given(limit=st.integers(1, 600), gaps=st.lists(st.floats(0, 30), min_size=1, max_size=200))
def test_no_minute_ever_holds_more_than_twice_the_limit(limit: int, gaps: list[float]) -> None:
    clock, let_in = Clock(), list[float]()
    pace = Pace(limit, clock=clock)
    for gap in gaps:
        clock.now += gap
        taken = pace.take("one")
        if taken is not None and taken.wait == 0:
            let_in.append(clock.now)
    for moment in let_in:
        assert sum(1 for other in let_in if moment <= other < moment + 60) <= 2 * limit
