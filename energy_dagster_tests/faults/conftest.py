"""One replica for the package, lakes that hold the month already, and waits that are counted instead of waited for."""

import gc
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from dagster import DagsterInstance

from energy_dagster_tests.faults.outcomes import FAULTS, PAGE_RECORDS, PATIENCE_SECONDS
from energy_dagster_tests.faults.platform import Platform
from energy_dagster_tests.faults.replica import Replica, serving

RAW = ("raw_load", "raw_settlement", "raw_weather")

Strike = Callable[..., None]
"""`strike(platform, kind, name, ..)`: from now on the named dataset or services fail in that way."""


@pytest.fixture(scope="package")
def one_replica() -> Iterator[Replica]:
    gc.collect()  # connections of earlier tests, which may not be closed by the server's thread
    with serving() as replica:
        yield replica


@pytest.fixture
def replica(one_replica: Replica) -> Replica:
    """A replica without a past."""
    one_replica.heal()
    return one_replica


@pytest.fixture(scope="package")
def instance() -> Iterator[DagsterInstance]:
    """One for all: what it keeps in memory may not be thrown away by the server's thread."""
    with DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture(scope="package")
def standing(one_replica: Replica, instance: DagsterInstance, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """A lake that holds the month of every raw table; tests only read it."""
    one_replica.heal()
    platform = Platform(one_replica.url, tmp_path_factory.mktemp("standing"), instance=instance)
    assert platform.run(*RAW).success
    return platform


@pytest.fixture(scope="package")
def clean(standing: Platform) -> dict[str, pd.DataFrame]:
    """What the lake holds after good answers, by table, without when it was read."""
    return {asset: standing.values(asset) for asset in RAW}


@pytest.fixture
def fresh(replica: Replica, instance: DagsterInstance, tmp_path: Path, waits: list[float]) -> Platform:
    """A platform whose lake is empty."""
    return Platform(replica.url, tmp_path, instance=instance)


@pytest.fixture
def known(fresh: Platform, standing: Platform) -> Platform:
    """A platform whose lake holds the month already."""
    shutil.copytree(standing.data, fresh.data, dirs_exist_ok=True)
    fresh.now = standing.now
    return fresh


@pytest.fixture
def strike(replica: Replica) -> Strike:
    def fail(platform: Platform, kind: str, *names: str) -> None:
        replica.will(names, FAULTS[kind])
        platform.timeout_seconds = PATIENCE_SECONDS.get(kind, platform.timeout_seconds)
        platform.page_records = PAGE_RECORDS.get(kind)

    return fail
