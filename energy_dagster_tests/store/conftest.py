from collections.abc import Iterator

import pandas as pd
import pytest

from energy_dagster.store.reader import Store
from energy_dagster_tests.warehouse_fixture import AUTUMN, sample_frames, write_snapshot


@pytest.fixture(scope="session")
def frames() -> dict[str, pd.DataFrame]:
    return sample_frames(AUTUMN)


@pytest.fixture(scope="session")
def store(frames: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("warehouse")
    write_snapshot(folder, frames, as_of=AUTUMN)
    with Store(folder) as opened:
        yield opened
