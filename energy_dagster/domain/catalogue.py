"""The catalogue: every dataset the platform reads from the open data portal, declared once.

Datasets die often. When one does, this is the one place to edit.
Source of the facts: https://www.energidataservice.dk (Energinet, CC BY 4.0).
"""

from dataclasses import dataclass
from datetime import timedelta

from energy_dagster.domain.tables import Vintage


@dataclass(frozen=True)
class Dataset:
    """One dataset of the portal.

    Attributes:
        name: its name in the address.
        time_column: the UTC start of the hour.
        area_column: the price area.
        measure: the consumption column.
        mwh_per_unit: factor from the measure's unit to MWh.
        version_column: the source's own version label, when it has one.
        vintage: what kind of truth it is.
        publication_delay: how long after an hour ends its value can be read.
        successor: what to read when it is gone.
    """

    name: str
    time_column: str
    area_column: str
    measure: str
    mwh_per_unit: float
    version_column: str | None
    vintage: Vintage
    publication_delay: timedelta
    successor: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns to ask for."""
        version = () if self.version_column is None else (self.version_column,)
        return (self.time_column, self.area_column, *version, self.measure)


LOAD = Dataset(
    name="GenerationProdTypeExchange",
    time_column="TimeUTC",
    area_column="PriceArea",
    measure="GrossCon",
    mwh_per_unit=1.0,
    version_column="Version",
    vintage="preliminary",
    publication_delay=timedelta(hours=2),
    successor="ElectricityBalanceNonv",
)

SETTLEMENT = Dataset(
    name="ProductionConsumptionSettlement",
    time_column="HourUTC",
    area_column="PriceArea",
    measure="GrossConsumptionMWh",
    mwh_per_unit=1.0,
    version_column=None,
    vintage="settled",
    publication_delay=timedelta(days=8),
)

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in (LOAD, SETTLEMENT)}

WEATHER_DELAY = timedelta(hours=6)
"""How long after a weather model starts its run can be read from the forecast service."""

WEATHER_RUN_EVERY = timedelta(hours=6)
"""How often a new run comes."""

WEATHER_ARCHIVE_DELAY = timedelta(days=5)
"""How long after an hour the observed archive has it."""


@dataclass(frozen=True)
class Place:
    """A place whose weather stands for part of an area; weights of an area sum to 1."""

    name: str
    area: str
    latitude: float
    longitude: float
    weight: float


PLACES: tuple[Place, ...] = (
    Place("Aarhus", "DK1", 56.16, 10.20, 0.40),
    Place("Aalborg", "DK1", 57.05, 9.92, 0.20),
    Place("Odense", "DK1", 55.40, 10.39, 0.20),
    Place("Esbjerg", "DK1", 55.48, 8.45, 0.20),
    Place("Copenhagen", "DK2", 55.68, 12.57, 0.75),
    Place("Naestved", "DK2", 55.23, 11.76, 0.25),
)
"""Places weighted roughly by the people who live around them."""
