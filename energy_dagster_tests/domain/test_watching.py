from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pandas as pd
import pytest

from energy_dagster.domain.catalogue import FEEDS, RAW_LOAD_FEED, RAW_SETTLEMENT_FEED, Feed
from energy_dagster.domain.contracts import conform, empty
from energy_dagster.domain.tables import RAW_LOAD
from energy_dagster.domain.watching import RECENT, SLICE, Look, next_look, sightings
from energy_dagster_tests.domain.synthetic import at

NOW = at("2026-03-02T01:20")


def rows(start: str, end: str, *, mwh: float = 100.0, version: str = "Initial") -> pd.DataFrame:
    hours = pd.date_range(start, end, freq="h", inclusive="left", unit="us")
    frame = pd.DataFrame({"hour_utc": hours, "area": "DK1", "consumer_group": "total", "consumption_mwh": mwh, "other_mwh": None})
    return conform(
        RAW_LOAD,
        frame.astype({"other_mwh": "float64"}).assign(
            dataset=RAW_LOAD_FEED.datasets[0].name, source_version=version, fetched_at=pd.Timestamp(NOW).as_unit("us")
        ),
    )


RECENTLY = Look(at("2026-02-27T00:00"), at("2026-03-02T02:00"), recent=True)
MONTHS = frozenset({"2026-02-01", "2026-03-01"})


def seen_against(
    standing: pd.DataFrame, seen: pd.DataFrame, *, look: Look = RECENTLY, held: frozenset[str] = MONTHS
) -> dict[str, tuple[int, int]]:
    return {one.month: (one.new, one.revised) for one in sightings(RAW_LOAD, standing, seen, look=look, held=held)}


def test_every_other_look_is_at_the_newest_data() -> None:
    looks = [next_look(RAW_LOAD_FEED, tick, now=NOW) for tick in range(6)]
    assert [look.recent for look in looks] == [True, False] * 3
    assert looks[0].end == at("2026-03-02T02:00")
    assert looks[0].start == at("2026-03-01T23:00") - RECENT


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.asset)
def test_the_looks_in_between_go_through_everything_that_may_still_move(feed: Feed) -> None:
    looks = [next_look(feed, tick, now=NOW) for tick in range(1, 2000, 2)]
    newest, oldest = max(look.end for look in looks), min(look.start for look in looks)
    assert newest == next_look(feed, 0, now=NOW).start
    assert oldest <= NOW - feed.revised_for
    steps = sorted({look.start for look in looks})
    assert all(later - earlier == SLICE for earlier, later in pairwise(steps))


def test_nothing_new_is_nothing_to_ask_for() -> None:
    there = rows("2026-02-27", "2026-03-02")
    assert seen_against(there, there) == {}


def test_new_hours_name_the_months_they_lie_in() -> None:
    standing, seen = rows("2026-02-27", "2026-02-28T20"), rows("2026-02-27", "2026-03-01T02")
    assert seen_against(standing, seen) == {"2026-02-01": (4, 0), "2026-03-01": (2, 0)}


def test_a_revision_is_told_from_a_new_hour() -> None:
    standing = rows("2026-02-27", "2026-03-02")
    seen = pd.concat([rows("2026-02-27", "2026-02-28"), rows("2026-02-28", "2026-02-28T03", mwh=99.0)])
    assert seen_against(standing, seen) == {"2026-02-01": (0, 3)}


def test_hours_outside_of_the_look_do_not_count() -> None:
    assert seen_against(rows("2026-02-01", "2026-03-02"), rows("2026-02-27", "2026-03-02")) == {}


def test_an_older_month_that_was_never_brought_in_is_not_missed() -> None:
    look = replace(RECENTLY, start=at("2025-06-01"), end=at("2025-06-08"), recent=False)
    assert seen_against(empty(RAW_LOAD), rows("2025-06-01", "2025-06-08"), look=look) == {}
    assert seen_against(empty(RAW_LOAD), rows("2025-06-01", "2025-06-08"), look=look, held=frozenset({"2025-06-01"})) == {
        "2025-06-01": (168, 0)
    }


def test_a_state_that_is_seen_again_has_the_same_digest_and_another_state_another() -> None:
    def digest(mwh: float, fetched: datetime) -> str:
        seen = rows("2026-03-01", "2026-03-01T01", mwh=mwh).assign(fetched_at=pd.Timestamp(fetched).as_unit("us"))
        return sightings(RAW_LOAD, empty(RAW_LOAD), seen, look=RECENTLY, held=MONTHS)[0].digest

    assert digest(1.0, NOW) == digest(1.0, NOW + timedelta(hours=1))
    assert digest(1.0, NOW) != digest(2.0, NOW)


def test_settlement_is_looked_at_where_it_is_due() -> None:
    look = next_look(RAW_SETTLEMENT_FEED, 0, now=NOW)
    assert look.start == at("2026-02-22T01:00") - RECENT
