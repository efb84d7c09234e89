"""Three days left alone, over the night of 25 hours, with everything going wrong that is planned: the promises hold."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from energy_dagster.settings import Settings
from energy_dagster.simulation.account import Account, account_of
from energy_dagster.simulation.loop import Lived, bring_up, live
from energy_dagster.simulation.planning import KINDS, plan
from energy_dagster_tests.brought_up import small_walks

START = datetime(2025, 10, 24, 0, 20, tzinfo=UTC)
DAYS, SEED, HISTORY_DAYS = 3, 7, 220

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lived, Account]]:
    data = tmp_path_factory.mktemp("left_alone")
    hand = data / "now"
    settings = Settings(data=str(data), now_file=str(hand), history_days=HISTORY_DAYS)
    with small_walks():
        bring_up(settings, hand, START)
        mishaps = plan(START.replace(minute=0), DAYS, seed=SEED)
        lived = live(settings, hand, START, DAYS, mishaps, lambda _hour, _runs, _failed: None)
        yield lived, account_of(settings, lived)


@pytest.fixture
def account(told: tuple[Lived, Account]) -> Account:
    return told[1]


def test_no_promise_is_broken(account: Account) -> None:
    assert account.broken == []


def test_every_hour_has_exactly_one_issue(account: Account) -> None:
    assert (account.hours, account.missed, account.issued_twice) == (DAYS * 24 - 1, 0, 0)


def test_only_hours_in_which_nothing_could_be_written_or_nothing_ran_are_late(told: tuple[Lived, Account]) -> None:
    lived, account = told
    stopped = sum(
        int((mishap.end - mishap.start).total_seconds() / 3600) + 1
        for mishap in lived.mishaps
        if mishap.kind in ("away", "disk_full", "killed_run")
    )
    assert account.late <= stopped
    assert account.on_time >= account.hours - stopped


def test_fallbacks_are_flagged_and_end(account: Account) -> None:
    assert account.rungs["full"] > account.hours / 2
    assert set(account.rungs) & {"naive", "older_lags", "no_weather"}


def test_what_went_wrong_healed_by_itself(account: Account) -> None:
    assert {one.kind for one in account.mishaps} == set(KINDS)
    assert [one for one in account.mishaps if one.healed_after_hours is None] == []


def test_the_damaged_model_was_trained_again(account: Account) -> None:
    assert any("meta.json" in why for why in account.models)


def test_no_forecast_knew_what_was_not_published(account: Account) -> None:
    assert account.leaks == 0


def test_every_forecast_whose_hour_has_a_truth_is_scored_and_they_have_skill(account: Account) -> None:
    assert account.scored == account.to_score > 0
    assert account.skill is not None
    assert account.skill > 0


def test_no_run_is_made_for_the_same_issue_again_once_it_stands(told: tuple[Lived, Account]) -> None:
    lived, _ = told
    issued = [made.partitions for made in lived.made if made.succeeded and made.assets == ("predictions",)]
    assert len(issued) == len(set(issued))


def test_the_memory_of_the_loop_stays_within_bounds(account: Account, tmp_path: Path) -> None:
    first, last = account.memory_mb
    assert last < first + 400
