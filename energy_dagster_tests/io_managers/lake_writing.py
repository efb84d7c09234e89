"""Writing small months into a lake."""

import pandas as pd

from energy_dagster.domain.tables import RAW_LOAD
from energy_dagster.io_managers.lake import Lake, Written
from energy_dagster_tests.io_managers.samples import (
    RUN,
    later,
    load_rows,
)

MONTH = "2026-06-01"
NEXT_MONTH = "2026-07-01"
JUNE = load_rows("2026-06-01", "2026-06-02")


def write_load(lake: Lake, frame: pd.DataFrame = JUNE, *, hours: int = 0, partition: str = MONTH) -> Written:
    return lake.write(RAW_LOAD, partition, frame, at=later(hours), run_id=RUN)


def files_of(lake: Lake) -> list[str]:
    return sorted(lake.root.fs.find(lake.root.path))
