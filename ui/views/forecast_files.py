"""What is shown as files, with the columns and the digits of the API, and the call of the API that gives the same."""

from collections.abc import Sequence
from importlib.util import find_spec
from io import BytesIO
from typing import Any, Final
from urllib.parse import quote, urlencode

from energy_dagster.domain.tables import QUANTILE_COLUMNS, TOTAL
from energy_dagster.store.csv_text import csv_header, csv_lines
from energy_dagster.store.rows import ForecastHour, Snapshot
from ui.forecast_data import ForecastData

COLUMNS: Final = (
    *(name for name in ForecastHour.__struct_fields__ if name not in QUANTILE_COLUMNS),
    *QUANTILE_COLUMNS,
    "snapshot_id",
    "simulated",
)
"""In the order of the API's flat answers."""

_TIMES: Final = ("issued_at", "hour_utc", "consumption_cutoff", "weather_cutoff", "created_at")
_TEXTS: Final = ("area", "consumer_group", "rung", "origin", "model_version", "snapshot_id")


def file_name(data: ForecastData, ending: str) -> str:
    """Name of a file with what is shown, such as `forecast-DK-total-20261127T1900Z.csv`."""
    made = data.forecast[0].issued_at
    shown = f"{made:%Y%m%dT%H%MZ}" if data.delivery_day is None else f"day-ahead-{data.delivery_day.isoformat()}"
    return f"forecast-{data.area}-{data.consumer_group}-{shown}.{ending}"


def forecast_csv(forecast: Sequence[ForecastHour], snapshot: Snapshot) -> str:
    """The forecast as CSV, as the API writes it: one row an hour, times in UTC, every digit that it takes to read a number back."""
    return csv_header(COLUMNS) + csv_lines(_columns(forecast, snapshot), texts=_TEXTS)


def _columns(forecast: Sequence[ForecastHour], snapshot: Snapshot) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in forecast] for name in COLUMNS[:-2]}
    same = {"snapshot_id": snapshot.snapshot_id, "simulated": snapshot.simulated}
    return columns | {name: [value] * len(forecast) for name, value in same.items()}


def can_write_parquet() -> bool:
    """Whether the library for it is installed."""
    return find_spec("pyarrow") is not None


def forecast_parquet(forecast: Sequence[ForecastHour], snapshot: Snapshot) -> BytesIO:
    """The forecast as Parquet: the columns of the CSV, times aware UTC."""
    import pyarrow as pa  # noqa: PLC0415 - a quarter of a second that a page without this download need not wait for
    from pyarrow import parquet  # noqa: PLC0415 - as above

    whole, truths = pa.int64(), pa.bool_()
    kinds = {"lead_hours": whole, "revision": whole, "simulated": truths, **dict.fromkeys(_TIMES, pa.timestamp("us", tz="UTC"))}
    schema = pa.schema([(name, kinds.get(name, pa.string() if name in _TEXTS else pa.float64())) for name in COLUMNS])
    out = BytesIO()
    parquet.write_table(
        pa.table(_columns(forecast, snapshot), schema=schema.with_metadata({"unit": "MWh"})), out, compression="zstd"
    )
    out.seek(0)
    return out


def api_call(data: ForecastData) -> str:
    """The call of the API that gives what is shown.

    The same issue is asked for by its time, so that the call gives the same tomorrow.
    """
    group = {} if data.consumer_group == TOTAL else {"consumer_group": data.consumer_group}
    if data.delivery_day is not None:
        path = f"/v1/forecasts/day-ahead/{data.delivery_day.isoformat()}"
        return f"{path}?{urlencode({'area': data.area, **group})}"
    asked = {"area": data.area, **group, "issued_at": f"{data.forecast[0].issued_at:%Y-%m-%dT%H:%M:%SZ}"}
    return f"/v1/forecasts?{urlencode(asked, quote_via=quote, safe=':')}"
