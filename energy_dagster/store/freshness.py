"""How new each table is: one query over every table of the contracts."""

from typing import Final

from energy_dagster.domain.tables import (
    BACKTEST_FORECASTS,
    BACKTEST_SCORES,
    CONSUMPTION,
    MODELS,
    RAW_CONSUMER_GROUPS,
    RAW_GRID_AREAS,
    RAW_TSO_FORECAST,
    TABLES,
    Table,
)

NOT_READ_BY_DEFAULT: Final = (RAW_CONSUMER_GROUPS.name, RAW_GRID_AREAS.name, RAW_TSO_FORECAST.name)
"""Tables of assets that somebody has to turn on; they are listed once they hold a row."""

ON_DEMAND: Final = (BACKTEST_FORECASTS.name, BACKTEST_SCORES.name)
"""Tables of assets that are made when somebody asks for them; they are listed once they hold a row, too."""

_MODEL_ASSET: Final = "forecast_model"
"""Fills the table of models; every other table has its asset's name."""


def _held(table: Table) -> str:
    """One row: the table's name, its time column, the newest time of a row that holds a value, and how many rows it has.

    An hour without a value does not make a table new, so a raw table or `consumption` is as new as its newest MWh.
    """
    time_column = table.partition_column
    value = table.measure or ("consumption_mwh" if table is CONSUMPTION else time_column)
    listed = " HAVING COUNT(*) > 0" if table.name in NOT_READ_BY_DEFAULT + ON_DEMAND else ""
    asset = _MODEL_ASSET if table is MODELS else table.name
    return (
        f"SELECT '{table.name}' AS name, '{asset}' AS asset, '{time_column}' AS time_column, "  # noqa: S608 - a contract's names
        f"MAX({time_column}) FILTER (WHERE {value} IS NOT NULL) AS newest, COUNT(*) AS held_rows FROM {table.name}{listed}"
    )


FRESHNESS: Final = f"""
WITH held AS (
    {" UNION ALL ".join(map(_held, TABLES.values()))}
), versions AS (
    SELECT asset, MAX(version) AS newest_version FROM _partitions WHERE held GROUP BY asset
)
SELECT name, time_column, newest, held_rows, newest_version
FROM held LEFT JOIN versions USING (asset)
ORDER BY name
"""  # noqa: S608 - a contract's names
