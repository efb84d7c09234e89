from datetime import UTC, datetime, timedelta

import pytest

from energy_dagster.resources.clock import Clock


def test_without_a_pretended_time_the_present_is_the_machines() -> None:
    before = datetime.now(UTC)
    now = Clock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC


def test_a_pretended_time_stands_still() -> None:
    clock = Clock(pretended="2026-03-10T18:30:00+00:00")
    assert clock.now() == clock.now() == datetime(2026, 3, 10, 18, 30, tzinfo=UTC)


def test_a_pretended_time_of_another_zone_is_told_in_utc() -> None:
    now = Clock(pretended="2026-03-10T19:30:00+01:00").now()
    assert (now.hour, now.tzinfo) == (18, UTC)


def test_what_is_written_bears_the_machines_time_whatever_is_pretended() -> None:
    assert Clock(pretended="2019-01-01T00:00:00+00:00").machine_now() > datetime.now(UTC) - timedelta(minutes=1)


@pytest.mark.parametrize("text", ["2026-03-10T18:30:00", "yesterday"])
def test_a_pretended_time_that_cannot_be_placed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Clock(pretended=text).now()
