"""Three days left alone, over the night of 25 hours, with everything going wrong that is planned: the promises hold."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from energy_dagster.cli_simulate import secluded
from energy_dagster.simulation.account import Account, account_of
from energy_dagster.simulation.loop import WORSE, Lived, bring_up, live
from energy_dagster.simulation.planning import KINDS, plan
from energy_dagster_tests.brought_up import small_walks

START = datetime(2025, 10, 24, 0, 20, tzinfo=UTC)
DAYS, SEED = 3, 7

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lived, Account]]:
    data = tmp_path_factory.mktemp("left_alone")
    hand = data / "now"
    settings = secluded(data, hand, seed=SEED)
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


def test_a_worse_model_was_trained_and_never_served(told: tuple[Lived, Account]) -> None:
    lived, account = told
    assert [made.succeeded for made in lived.made if made.why == WORSE] == [True]
    assert account.challengers >= 1
    assert account.serving_challengers == 0


def test_mirrors_that_failed_while_the_service_was_away_hold_everything_in_the_end(told: tuple[Lived, Account]) -> None:
    lived, account = told
    [away] = [mishap for mishap in lived.mishaps if mishap.kind == "hopsworks_away"]
    meanwhile = [
        made for made in lived.made if away.start <= made.at < away.end and any("hopsworks" in name for name in made.assets)
    ]
    assert meanwhile
    assert not any(made.succeeded for made in meanwhile)
    assert account.unmirrored == []


def test_the_run_that_was_killed_is_one_of_those_that_failed(told: tuple[Lived, Account]) -> None:
    lived, _ = told
    hours = {mishap.start for mishap in lived.mishaps if mishap.kind == "killed_run"}
    killed = {made.at.replace(minute=0, second=0) for made in lived.made if not made.succeeded and made.assets == ("predictions",)}
    assert hours <= killed


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
