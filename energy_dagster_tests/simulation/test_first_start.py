"""A daemon that is started on an empty folder: history, a model and the first issue come by themselves."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from energy_dagster.cli_simulate import secluded
from energy_dagster.domain.tables import PREDICTIONS
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.settings import Settings
from energy_dagster.simulation.hand import move_to
from energy_dagster.simulation.loop import Lived, live
from energy_dagster.store.reader import Store
from energy_dagster_tests.brought_up import small_walks

START = datetime(2025, 10, 22, 9, 20, tzinfo=UTC)
HOURS = 4

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Lived]]:
    data = tmp_path_factory.mktemp("first_start")
    settings = secluded(data, data / "now", seed=7)
    move_to(data / "now", START)
    with small_walks():
        yield settings, live(settings, data / "now", START, HOURS / 24, [], lambda _hour, _runs, _failed: None)


def test_the_first_hour_finds_nothing_and_every_hour_after_it_has_its_issue(begun: tuple[Settings, Lived]) -> None:
    settings, _ = begun
    assert Lake(settings.lake).partitions("predictions") == ["2025-10-22T11", "2025-10-22T12"]


def test_the_first_issue_is_by_a_model_and_stands_on_everything(begun: tuple[Settings, Lived]) -> None:
    settings, _ = begun
    assert ModelStore(settings.lake).champion_version() is not None
    rows = Lake(settings.lake).read(PREDICTIONS, ["2025-10-22T11"])
    assert set(rows["rung"]) == {"full"}


def test_only_what_came_before_the_history_failed(begun: tuple[Settings, Lived]) -> None:
    _, lived = begun
    failed = [(made.at.hour, made.assets) for made in lived.made if not made.succeeded]
    assert failed == [(10, ("forecast_model",)), (10, ("predictions",))]


def test_it_is_published(begun: tuple[Settings, Lived]) -> None:
    settings, _ = begun
    with Store(Path(settings.warehouse)) as store:
        assert {row.issued_at for row in store.forecast("DK1").rows} == {datetime(2025, 10, 22, 12, tzinfo=UTC)}
