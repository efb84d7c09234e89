"""What tests of several packages share."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings as hypothesis_settings

from energy_dagster.settings import Settings

if TYPE_CHECKING:  # the graph takes seconds to import; most tests need none
    from energy_dagster_tests.brought_up import BroughtUp

PROJECT = Path(__file__).parents[1]

hypothesis_settings.register_profile("untimed", deadline=None)  # how long an example takes says more of the machine
hypothesis_settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def no_experiments() -> Iterator[None]:
    """Trainings are recorded in the tests of the record alone, and nowhere by the account of who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("WANDB_"):
                patch.delenv(name)
        patch.setenv("ENERGY_EXPERIMENTS", "off")
        yield


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no setting of the machine they run on."""
    for name in list(os.environ):
        if name.startswith(("ENERGY_", "HOPSWORKS_")) and name not in ("ENERGY_RECORDED_DATA", "ENERGY_EXPERIMENTS"):
            monkeypatch.delenv(name)
    monkeypatch.setitem(Settings.model_config, "env_file", None)


@pytest.fixture(scope="session")
def brought_up(tmp_path_factory: pytest.TempPathFactory) -> "BroughtUp":
    """A folder brought up to `NOW`; tests only read it."""
    from energy_dagster_tests.brought_up import NOW, bring_up

    return bring_up(tmp_path_factory.mktemp("brought_up"), now=NOW)


@pytest.fixture
def own_copy(brought_up: "BroughtUp", tmp_path: Path) -> "BroughtUp":
    """Such a folder of the test's own, which it may change."""
    data = tmp_path / "data"
    shutil.copytree(brought_up.data, data)
    return replace(brought_up, data=data, settings=brought_up.settings.model_copy(update={"data": str(data)}))


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    """The folder of recorded Danish data, where the machine has one."""
    folder = Path(os.environ.get("ENERGY_RECORDED_DATA", PROJECT.parent / "shared" / "data"))
    if not (folder / "GenerationProdTypeExchange.parquet").exists():
        pytest.skip(f"no recorded data at {folder}; set ENERGY_RECORDED_DATA")
    return folder


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that were waited for, without waiting: the machine's clock is put forward."""
    from energy_dagster.resources.clock import Clock

    waited: list[float] = []
    monkeypatch.setattr("energy_dagster.resources.patience.pause", waited.append)
    monkeypatch.setattr(Clock, "machine_now", lambda _: datetime.now(UTC) + timedelta(seconds=sum(waited)))
    return waited
