"""What people decide about models: which serves then, from which week on, and that it is kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from energy_dagster.io_managers.decisions import Action, Decision, Decisions, week_of
from energy_dagster.io_managers.lake import Lake, Version
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.warehouse import Warehouse
from energy_dagster.partitions import WEEKS
from energy_dagster.storage.files import StorageError
from energy_dagster.store.reader import Store
from energy_dagster_tests.io_managers.samples import RUN, tiny_model

FIRST, SECOND, THIRD, LAST = "2026-06-01", "2026-06-08", "2026-06-15", "2026-06-22"
WEDNESDAY = datetime(2026, 6, 17, 12, tzinfo=UTC)
"""In the third week."""


@pytest.fixture
def store(root: str) -> ModelStore:
    """Three weeks with a champion each, trained on their Mondays."""
    store = ModelStore(root)
    for week in (FIRST, SECOND, THIRD):
        keep(store, week, week)
    return store


def keep(store: ModelStore, week: str, name: str, *, champion: bool = True) -> Version:
    at = datetime.fromisoformat(f"{week}T00:10:00+00:00")
    return store.write(week, tiny_model(name, verdict="champion" if champion else "challenger"), at=at, run_id=RUN)


def decide(store: ModelStore, action: Action, week: str, *, at: datetime = WEDNESDAY) -> None:
    version = next(version for version in store.versions() if version.partition == week)
    name = store.read_meta(version).model_version
    store.decisions.keep(Decision(at, action, week, version.version, name, "somebody", f"{action} for a test"))


def serves(store: ModelStore, week: str) -> str | None:
    version = store.champion_version(at_or_before=week)
    return None if version is None else version.partition


def test_without_decisions_trainings_decide(store: ModelStore) -> None:
    assert [serves(store, week) for week in (FIRST, SECOND, THIRD, LAST)] == [FIRST, SECOND, THIRD, THIRD]


def test_a_withdrawn_champion_gives_way_to_the_one_before_it(store: ModelStore) -> None:
    decide(store, "withdrawn", THIRD)
    assert [serves(store, week) for week in (SECOND, THIRD, LAST)] == [SECOND, SECOND, SECOND]


def test_a_decision_does_not_reach_back_before_its_week(store: ModelStore) -> None:
    decide(store, "withdrawn", SECOND)
    assert [serves(store, week) for week in (SECOND, THIRD)] == [SECOND, THIRD]
    decide(store, "withdrawn", THIRD)
    assert [serves(store, week) for week in (SECOND, THIRD)] == [SECOND, FIRST]


def test_every_champion_withdrawn_leaves_none(store: ModelStore) -> None:
    for week in (FIRST, SECOND, THIRD):
        decide(store, "withdrawn", week)
    assert serves(store, THIRD) is None
    assert store.usable_champion(at_or_before=THIRD, tell=pytest.fail) is None


def test_an_older_model_can_be_preferred_until_a_newer_training_makes_a_champion(store: ModelStore) -> None:
    decide(store, "promoted", FIRST)
    assert serves(store, THIRD) == FIRST
    keep(store, LAST, "newest")
    assert serves(store, LAST) == LAST


def test_a_challenger_can_be_made_the_champion(store: ModelStore) -> None:
    keep(store, LAST, "challenger", champion=False)
    assert serves(store, LAST) == THIRD
    decide(store, "promoted", LAST, at=WEDNESDAY + timedelta(days=7))
    assert serves(store, LAST) == LAST


def test_the_newest_decision_counts(store: ModelStore) -> None:
    decide(store, "withdrawn", THIRD)
    decide(store, "promoted", THIRD, at=WEDNESDAY + timedelta(hours=1))
    assert serves(store, THIRD) == THIRD
    decide(store, "promoted", SECOND, at=WEDNESDAY + timedelta(hours=2))
    assert serves(store, THIRD) == SECOND
    assert store.standing(store.versions()[2], store.decisions.listing(), week=THIRD) == "superseded"


def test_the_next_training_is_held_against_the_model_that_serves(store: ModelStore) -> None:
    decide(store, "withdrawn", THIRD)
    kept = store.champion(before=LAST)
    assert kept is not None
    assert kept.version.partition == SECOND


def test_a_damaged_decision_is_named_and_leaves_the_naive_to_serve(store: ModelStore, root: str) -> None:
    decide(store, "withdrawn", THIRD)
    path = next(iter((store.root.parent / "decisions").iterdir()))
    path.write_bytes(b'{"decided_at": 7}')
    with pytest.raises(StorageError, match="expected a decision"):
        store.champion(at_or_before=THIRD)
    told: list[str] = []
    assert store.usable_champion(at_or_before=THIRD, tell=told.append) is None
    assert "decisions" in told[0]


def test_decisions_come_back_as_they_were_oldest_first(root: str) -> None:
    kept = [
        Decision(WEDNESDAY + timedelta(hours=hours), "withdrawn", THIRD, "v", f"lgbm-{hours}", "somebody", "æ, ø and å")
        for hours in (2, 0, 1)
    ]
    for decision in kept:
        Decisions(root).keep(decision)
    assert Decisions(root).listing() == sorted(kept, key=lambda decision: decision.decided_at)


@pytest.mark.parametrize("moment", ["2026-06-14T23:59:59", "2026-06-15T00:00:00", "2025-10-26T01:30:00", "2027-01-01T00:00:00"])
def test_the_week_of_a_decision_is_the_partition_it_lies_in(moment: str) -> None:
    at = datetime.fromisoformat(f"{moment}+00:00")
    window = WEEKS.time_window_for_partition_key(week_of(at))
    assert window.start <= at < window.end


def test_trainings_and_decisions_are_one_list_in_the_warehouse(tmp_path: Path) -> None:
    store = ModelStore(str(tmp_path / "lake"))
    for week in (FIRST, SECOND):
        keep(store, week, week, champion=week == FIRST)
    published = [_publish(tmp_path) for _ in range(2)]
    decide(store, "withdrawn", FIRST)
    published.append(_publish(tmp_path))
    assert published[0] == published[1] != published[2]
    with Store(tmp_path / "warehouse") as reader:
        rows = reader.promotions().rows
    assert [(row.action, row.decided_by) for row in rows if row.decided_by != "training"] == [("withdrawn", "somebody")]
    assert sorted(row.action for row in rows if row.decided_by == "training") == ["promoted", "refused"]


def _publish(folder: Path) -> str:
    lake, models, now = Lake(str(folder / "lake")), ModelStore(str(folder / "lake")), datetime.now(UTC)
    house = Warehouse(str(folder / "warehouse"))
    return house.publish(lake, models, as_of=WEDNESDAY, published_at=now, source="sandbox", simulated=True).snapshot_id
