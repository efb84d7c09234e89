"""Small feature groups, as tests of the stand-in write them."""

from typing import Any

import pandas as pd

NAME = "consumption"
MONTH = "2026-03"
KEY = ["area", "hour_utc", "month"]


def hours(count: int, *, start: str = "2026-03-01T00:00", first_mwh: float = 0.0, area: str = "DK1") -> pd.DataFrame:
    """Hours of an area, one MWh more in each; times in microseconds, as the client would else warn that it makes them so."""
    return pd.DataFrame(
        {
            "area": [area] * count,
            "hour_utc": pd.date_range(start, periods=count, freq="h", unit="us"),
            "month": [MONTH] * count,
            "consumption_mwh": [float(first_mwh + hour) for hour in range(count)],
        }
    )


def group_of(project: Any, *, stream: bool, name: str = NAME, time_travel_format: str = "DELTA") -> Any:
    """The group, which is not created before something is inserted."""
    return project.get_feature_store().get_or_create_feature_group(
        name=name,
        version=1,
        description="Consumption by area and hour",
        primary_key=["area"],
        event_time="hour_utc",
        partition_key=["month"],
        time_travel_format=time_travel_format,
        stream=stream,
        statistics_config=False,
    )


def read(query: Any) -> pd.DataFrame:
    """Rows of a group or a query in order of time."""
    frame: pd.DataFrame = query.read()
    return frame.sort_values(["area", "hour_utc"], ignore_index=True)


def megawatt_hours(query: Any) -> list[float]:
    """The same, told by their values."""
    return [float(value) for value in read(query)["consumption_mwh"]]
