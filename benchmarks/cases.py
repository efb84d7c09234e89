"""What is measured: an area and a year of delivery days, and what its hours really were."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

CLEANED_LOAD = "load_clean.parquet"
GERMAN_LOAD = "de_lu_load_and_tso_forecast.parquet"


@dataclass(frozen=True)
class Case:
    """One area and the local calendar year whose days are forecast."""

    area: str
    year: int

    @property
    def key(self) -> str:
        """Name of the case on the command line and of its folder.

        >>> Case("DE-LU", 2019).key
        'de-lu-2019'
        """
        return f"{self.area}-{self.year}".lower()

    @property
    def title(self) -> str:
        """Name of the case in tables."""
        return f"{self.area} {self.year}"

    @property
    def first(self) -> date:
        """First local delivery day."""
        return date(self.year, 1, 1)

    @property
    def last(self) -> date:
        """Last local delivery day, included."""
        return date(self.year, 12, 31)


CASES = (Case("DK1", 2022), Case("DK2", 2020), Case("DE-LU", 2019))
"""The years reported. Nothing was chosen on them: settings of ours were chosen on DK1 2020 and 2021, DK2 2019 and DE-LU 2018."""


def truth_of(case: Case, data: Path) -> pd.DataFrame:
    """`area`, `hour_utc` (naive UTC) and `consumption_mwh` of every hour of the area, cleaned where there is a cleaned series."""
    if case.area == "DE-LU":
        rows = pd.read_parquet(data / GERMAN_LOAD)
        hours, load = pd.DatetimeIndex(rows["Time"]), rows["LoadMW"]
    else:
        rows = pd.read_parquet(data / CLEANED_LOAD).query("area == @case.area")
        hours, load = pd.DatetimeIndex(rows["hour_utc"]).tz_localize(None), rows["load_mwh"]
    return pd.DataFrame({"area": case.area, "hour_utc": hours.as_unit("us"), "consumption_mwh": load.to_numpy(float)})


def published_forecasts(case: Case, data: Path) -> dict[str, pd.DataFrame]:
    """By name, `hour_utc` and `q50` of the forecasts that were published for the area; none but for DE-LU."""
    if case.area != "DE-LU":
        return {}
    rows = pd.read_parquet(data / GERMAN_LOAD)
    hours = pd.DatetimeIndex(rows["Time"]).as_unit("us")
    columns = {"tso": "TsoForecastMW", "tso_improved": "ImprovedForecastMW"}
    return {name: pd.DataFrame({"hour_utc": hours, "q50": rows[column].to_numpy(float)}) for name, column in columns.items()}
