import json
from typing import Literal

import numpy as np
import pytest

from energy_dagster.domain.clock_grid import ClockGrid
from energy_dagster.domain.issues import FEATURES
from energy_dagster.io_managers.lake import Version
from energy_dagster.io_managers.model_store import META, TREES, ModelStore, kernel_file
from energy_dagster.storage.files import StorageError
from energy_dagster_tests.io_managers.samples import RUN, later, tiny_history, tiny_model

WEEKS = ("2026-06-01", "2026-06-08", "2026-06-15")
Verdict = Literal["champion", "challenger"]


def keep(store: ModelStore, week: str, name: str, *, verdict: Verdict = "champion", hours: int = 0) -> Version:
    return store.write(week, tiny_model(name, verdict=verdict), at=later(hours), run_id=RUN)


def name_of_champion(store: ModelStore, *, at_or_before: str | None = None, before: str | None = None) -> str | None:
    kept = store.champion(at_or_before=at_or_before, before=before)
    return None if kept is None else kept.model.meta.model_version


def test_an_empty_store_has_no_versions_and_no_champion(root: str) -> None:
    assert ModelStore(root).versions() == []
    assert ModelStore(root).champion() is None


def test_a_model_that_was_kept_predicts_the_same(root: str) -> None:
    store, model = ModelStore(root), tiny_model()
    kept = store.read(store.write(WEEKS[0], model, at=later(0), run_id=RUN))
    rows = np.random.default_rng(11).normal(size=(50, len(FEATURES)))
    np.testing.assert_array_equal(kept.engine.booster.predict(rows), model.engine.booster.predict(rows))
    history = tiny_history()
    issues = np.full(48, len(history) - 16)  # at 10:00 local time
    said = [one.engine.kernels["DK1"].log_of(ClockGrid(history), issues, np.arange(1, 49)) for one in (kept, model)]
    np.testing.assert_array_equal(said[0], said[1])
    assert np.isfinite(said[0]).sum() == 24


def test_the_meta_comes_back_as_it_was(root: str) -> None:
    store, model = ModelStore(root), tiny_model()
    version = store.write(WEEKS[0], model, at=later(0), run_id=RUN)
    assert store.read_meta(version) == model.meta


def test_a_version_without_meta_does_not_exist(root: str) -> None:
    store = ModelStore(root)
    half = keep(store, WEEKS[0], "half")
    (store.root / half.partition / half.version / META).unlink()
    assert store.versions() == []
    assert store.champion() is None


def test_versions_are_listed_by_week_and_age(root: str) -> None:
    store = ModelStore(root)
    newer, second = keep(store, WEEKS[0], "b", hours=2), keep(store, WEEKS[1], "c", hours=1)
    older = keep(store, WEEKS[0], "a", hours=0)
    assert store.versions() == [older, newer, second]


def test_the_champion_of_a_week_is_the_newest_up_to_it(root: str) -> None:
    store = ModelStore(root)
    for week, name in zip(WEEKS, "abc", strict=True):
        keep(store, week, name)
    assert [name_of_champion(store, at_or_before=week) for week in WEEKS] == ["a", "b", "c"]


def test_a_model_is_compared_with_the_champion_of_the_weeks_before(root: str) -> None:
    store = ModelStore(root)
    for week, name in zip(WEEKS, "abc", strict=True):
        keep(store, week, name)
    assert [name_of_champion(store, before=week) for week in WEEKS] == [None, "a", "b"]


def test_without_a_bound_the_newest_champion_serves(root: str) -> None:
    store = ModelStore(root)
    for week, name in zip(WEEKS, "abc", strict=True):
        keep(store, week, name)
    assert name_of_champion(store) == "c"


def test_a_challenger_never_serves(root: str) -> None:
    store = ModelStore(root)
    keep(store, WEEKS[0], "a")
    keep(store, WEEKS[1], "b", verdict="challenger")
    assert name_of_champion(store, at_or_before=WEEKS[2]) == "a"


def test_the_newest_version_of_a_week_serves(root: str) -> None:
    store = ModelStore(root)
    keep(store, WEEKS[0], "again", hours=1)
    keep(store, WEEKS[0], "first", hours=0)
    assert name_of_champion(store) == "again"


@pytest.mark.parametrize("text", ["", "tree\nnot a model", '{"json": true}'])
def test_trees_that_are_no_model_are_named(root: str, text: str) -> None:
    store = ModelStore(root)
    version = keep(store, WEEKS[0], "a")
    (store.root / version.partition / version.version / TREES).write_text(text)
    with pytest.raises(StorageError, match=rf"cannot read .*{version.version}/{TREES}"):
        store.read(version)


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"scores": {}}', b"\xff\xfe"])
def test_a_meta_that_is_none_is_named(root: str, payload: bytes) -> None:
    store = ModelStore(root)
    version = keep(store, WEEKS[0], "a")
    (store.root / version.partition / version.version / META).write_bytes(payload)
    with pytest.raises(StorageError, match=rf"cannot read .*{version.version}/{META}"):
        store.read_meta(version)


def test_a_model_of_other_features_is_refused(root: str) -> None:
    store = ModelStore(root)
    version = keep(store, WEEKS[0], "a")
    path = store.root / version.partition / version.version / META
    path.write_text(path.read_text().replace('"lead_hours"', '"lead_minutes"'))
    with pytest.raises(StorageError, match="other features"):
        store.read(version)


def test_trees_that_are_missing_are_named(root: str) -> None:
    store = ModelStore(root)
    version = keep(store, WEEKS[0], "a")
    (store.root / version.partition / version.version / TREES).unlink()
    with pytest.raises(StorageError, match=TREES):
        store.read(version)


@pytest.mark.parametrize("size", [0, 1, 100, 10_000, -1])
def test_a_kernel_member_that_is_none_is_named(root: str, size: int) -> None:
    store = ModelStore(root)
    version = keep(store, WEEKS[0], "a")
    path = store.root / version.partition / version.version / kernel_file("DK1")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(StorageError, match=rf"cannot read .*{version.version}.*: expected a kernel member as an archive of arrays"):
        store.read(version)


def test_a_kernel_member_that_is_missing_is_named(root: str) -> None:
    store = ModelStore(root)
    version = keep(store, WEEKS[0], "a")
    (store.root / version.partition / version.version / kernel_file("DK1")).unlink()
    with pytest.raises(StorageError, match=f"cannot read .*{version.version}/{kernel_file('DK1')}"):
        store.read(version)


@pytest.mark.parametrize("damage", [b"", b"PK", b"no archive"])
def test_a_damaged_kernel_member_leaves_no_usable_champion_and_it_is_said_why(root: str, damage: bytes) -> None:
    store, told = ModelStore(root), list[str]()
    version = keep(store, WEEKS[0], "a")
    (store.root / version.partition / version.version / kernel_file("DK1")).write_bytes(damage)
    assert store.usable_champion(tell=told.append) is None
    assert len(told) == 1
    assert told[0].startswith("no champion can be used: cannot read ")


@pytest.mark.parametrize("field", ["parameters", "calibration"])
def test_a_model_of_another_recipe_is_refused_though_its_meta_can_be_read(root: str, field: str) -> None:
    store = ModelStore(root)
    version = keep(store, WEEKS[0], "a")
    path = store.root / version.partition / version.version / META
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: {"num_leaves": [31]}}))
    assert store.read_meta(version).verdict == "champion"
    with pytest.raises(StorageError, match="expected the recipe and the calibration of a"):
        store.read(version)


def test_keeping_a_model_again_keeps_both(root: str) -> None:
    store = ModelStore(root)
    versions = [keep(store, WEEKS[0], name, hours=hours) for hours, name in enumerate("ab")]
    assert [store.read(version).meta.model_version for version in versions] == ["a", "b"]
