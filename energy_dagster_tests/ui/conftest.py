"""A real published warehouse and a store on it, made once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from energy_dagster.store.reader import Store
from energy_dagster_tests.ui.browsing import CHROMIUM, app_server
from energy_dagster_tests.warehouse_fixture import AUTUMN, NOW, sample_frames, write_snapshot


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `data` with a warehouse of simulated numbers as of NOW."""
    folder = tmp_path_factory.mktemp("data")
    write_snapshot(folder / "warehouse", sample_frames(NOW, days=9), as_of=NOW)
    return folder


@pytest.fixture(scope="session")
def store(data_folder: Path) -> Iterator[Store]:
    with Store(data_folder / "warehouse") as store:
        yield store


@pytest.fixture(scope="session")
def autumn_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of measured numbers around a day of 25 hours."""
    folder = tmp_path_factory.mktemp("autumn")
    write_snapshot(folder, sample_frames(AUTUMN, days=4), as_of=AUTUMN, source="live")
    with Store(folder) as store:
        yield store


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser, for the tests of one module."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def app(data_folder: Path) -> Iterator[str]:
    """Address of the app over the published warehouse, for the tests of one module."""
    with app_server(data_folder, now=NOW) as address:
        yield address
