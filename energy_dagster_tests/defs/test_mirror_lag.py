"""How far mirrors are behind, and when that asks for a look."""

from datetime import UTC, datetime, timedelta

import pytest
from dagster import AssetKey, AssetMaterialization, DagsterInstance

from energy_dagster.defs.mirror_lag import TOLD_AFTER, lagging_mirrors, mirror_lags

UPSTREAM, MIRROR = "predictions", "hopsworks_predictions"
MIRRORS = {AssetKey(MIRROR): AssetKey(UPSTREAM)}


@pytest.fixture
def instance() -> DagsterInstance:
    return DagsterInstance.ephemeral()


def make(instance: DagsterInstance, asset: str, *keys: str) -> None:
    for key in keys:
        instance.report_runless_asset_event(AssetMaterialization(AssetKey(asset), partition=key))


def counts(instance: DagsterInstance) -> tuple[int, int, str, str]:
    (lag,) = mirror_lags(instance, MIRRORS)
    return lag.missing, lag.older, lag.first, lag.last


def test_a_mirror_of_nothing_lacks_nothing(instance: DagsterInstance) -> None:
    assert counts(instance) == (0, 0, "", "")


def test_missing_and_older_partitions_are_counted(instance: DagsterInstance) -> None:
    make(instance, UPSTREAM, "a", "b", "c", "d")
    make(instance, MIRROR, "a", "b")
    assert counts(instance) == (2, 0, "c", "d")
    make(instance, UPSTREAM, "b")
    assert counts(instance) == (2, 1, "b", "d")
    make(instance, MIRROR, "b", "c", "d")
    assert counts(instance) == (0, 0, "", "")


def test_a_mirror_waits_since_the_first_it_did_not_follow(instance: DagsterInstance) -> None:
    make(instance, UPSTREAM, "a")
    make(instance, MIRROR, "a")
    before = datetime.now(UTC)
    make(instance, UPSTREAM, "a")
    after = datetime.now(UTC)
    make(instance, UPSTREAM, "a", "b")
    (lag,) = mirror_lags(instance, MIRRORS)
    assert lag.since is not None
    assert before <= lag.since <= after


def test_a_mirror_asks_for_a_look_once_it_is_late(instance: DagsterInstance) -> None:
    make(instance, UPSTREAM, "2025-10-27T08", "2025-10-27T09")
    now = datetime.now(UTC)
    assert lagging_mirrors(instance, MIRRORS, now=now) == []
    (found,) = lagging_mirrors(instance, MIRRORS, now=now + TOLD_AFTER + timedelta(seconds=1))
    assert (found.kind, found.subject, found.name, found.severity) == ("mirror", MIRROR, UPSTREAM, "warning")
    assert found.told == (
        "2 partitions of predictions are not in the mirror as they are in the lake (2 missing, 0 older), from 2025-10-27T08 to "
        "2025-10-27T09; it heals by itself or by a backfill of hopsworks_predictions"
    )


def test_without_mirrors_nothing_lags(instance: DagsterInstance) -> None:
    assert lagging_mirrors(instance, {}, now=datetime.now(UTC)) == []
