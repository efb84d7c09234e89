from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_dagster.domain.availability import HOUR, aware_utc, floor_hour, known_lag, naive_utc, newest_published_hour
from energy_dagster.domain.catalogue import DATASETS, LOAD, SETTLEMENT, Dataset
from energy_dagster.domain.tables import HORIZON_HOURS
from energy_dagster_tests.domain.synthetic import at

MOMENTS = st.datetimes(datetime(2018, 1, 1), datetime(2035, 1, 1))  # noqa: DTZ001 - naive UTC
SOURCES = st.sampled_from(list(DATASETS.values()))


@given(dataset=SOURCES, moment=MOMENTS)
def test_the_newest_published_hour_is_published_and_the_next_is_not(dataset: Dataset, moment: datetime) -> None:
    newest = newest_published_hour(dataset, moment)
    assert newest + HOUR + dataset.publication_delay <= moment
    assert newest + 2 * HOUR + dataset.publication_delay > moment


def test_an_hour_is_published_at_the_very_moment_its_delay_is_over() -> None:
    assert newest_published_hour(LOAD, at("2026-01-01T18:00")) == at("2026-01-01T15:00")
    assert newest_published_hour(LOAD, at("2026-01-01T17:59:59")) == at("2026-01-01T14:00")


def test_settlement_is_published_eight_days_after_an_hour_ends() -> None:
    assert newest_published_hour(SETTLEMENT, at("2026-01-10T00:00")) == at("2026-01-01T23:00")


def test_an_aware_moment_gives_an_aware_hour() -> None:
    assert newest_published_hour(LOAD, datetime(2026, 1, 1, 18, 17, tzinfo=UTC)) == datetime(2026, 1, 1, 15, tzinfo=UTC)


@given(dataset=SOURCES, step=st.sampled_from([1, 24, 168]), lead=st.integers(1, HORIZON_HOURS), moment=MOMENTS)
def test_a_known_lag_is_published_at_the_issue_and_no_smaller_one_is(
    dataset: Dataset, step: int, lead: int, moment: datetime
) -> None:
    issue = floor_hour(moment)
    lag, newest = known_lag(dataset, step, lead), newest_published_hour(dataset, issue)
    hour = issue + timedelta(hours=lead)
    assert lag % step == 0
    assert hour - timedelta(hours=lag) <= newest < hour - timedelta(hours=lag - step)


def test_naive_utc_refuses_a_time_without_a_zone() -> None:
    with pytest.raises(ValueError, match="expected an aware time, found 2026-01-01T12:00:00 without a zone"):
        naive_utc(at("2026-01-01T12:00"))


def test_naive_utc_converts_another_zone() -> None:
    assert naive_utc(datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))) == at("2026-07-01T10:00")


@given(moment=MOMENTS)
def test_naive_and_aware_utc_are_inverse(moment: datetime) -> None:
    assert naive_utc(aware_utc(moment)) == moment
