"""The catalogue: every dataset the platform knows, declared once, and which raw asset reads which.

Datasets die often. When one does, this is the one place to edit: mark it, name its successor, declare the new one.
Source of the facts: https://www.energidataservice.dk (Energinet, CC BY 4.0).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from energy_dagster.domain.tables import Vintage

Unit = Literal["MWh", "kWh"]
Family = Literal["total", "consumer_groups", "grid_areas"]

MWH_PER_UNIT: dict[Unit, float] = {"MWh": 1.0, "kWh": 0.001}


@dataclass(frozen=True)
class Dataset:
    """One dataset of the open data portal.

    Attributes:
        name: its name in the address.
        time_column: the UTC start of the hour.
        local_time_column: the same hour on Danish clocks.
        area_column: whose consumption: a price area, region, municipality or grid area.
        group_column: who consumes there; None where it is everybody.
        measure: the consumption column.
        unit: of the measure.
        version_column: the source's own version label, when it has one.
        publication_delay: how long after an hour ends its value can be read.
        successor: what to read when it is gone.
        other_keys: further columns that tell rows of an hour apart; rows that differ only in these are added up.
        active: whether the portal still publishes it, as far as is known.
        resolution: length of the interval a row stands for.
    """

    name: str
    time_column: str
    local_time_column: str
    area_column: str
    measure: str
    unit: Unit
    publication_delay: timedelta
    group_column: str | None = None
    version_column: str | None = None
    successor: str | None = None
    other_keys: tuple[str, ...] = ()
    active: bool = True
    resolution: timedelta = timedelta(hours=1)

    @property
    def mwh_per_unit(self) -> float:
        """Factor from the measure's unit to MWh."""
        return MWH_PER_UNIT[self.unit]

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that make a row unique."""
        group = () if self.group_column is None else (self.group_column,)
        return (self.time_column, self.area_column, *group, *self.other_keys)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns to ask for."""
        version = () if self.version_column is None else (self.version_column,)
        return (self.time_column, self.local_time_column, *self.key[1:], *version, self.measure)


LOAD = Dataset(
    name="GenerationProdTypeExchange",
    time_column="TimeUTC",
    local_time_column="TimeDK",
    area_column="PriceArea",
    measure="GrossCon",
    unit="MWh",
    version_column="Version",
    publication_delay=timedelta(hours=2),
    successor="ElectricityBalanceNonv",
)

BALANCE = Dataset(
    name="ElectricityBalanceNonv",
    time_column="HourUTC",
    local_time_column="HourDK",
    area_column="PriceArea",
    measure="TotalLoad",
    unit="MWh",
    publication_delay=timedelta(hours=1),
    successor="GenerationProdTypeExchange",
)

SETTLEMENT = Dataset(
    name="ProductionConsumptionSettlement",
    time_column="HourUTC",
    local_time_column="HourDK",
    area_column="PriceArea",
    measure="GrossConsumptionMWh",
    unit="MWh",
    publication_delay=timedelta(days=8),
)

CONSUMER_CATEGORIES = Dataset(
    name="ConsumptionConsumerCategoryHour",
    time_column="TimeUTC",
    local_time_column="TimeDK",
    area_column="RegionName",
    group_column="ConsumerCategory2",
    measure="ConsumptionkWh",
    unit="kWh",
    publication_delay=timedelta(days=10),
)

GRID_AREAS = Dataset(
    name="ConsumptionGridAreaHour",
    time_column="TimeUTC",
    local_time_column="TimeDK",
    area_column="GridArea",
    measure="ConsumptionkWh",
    unit="kWh",
    publication_delay=timedelta(days=9),
    other_keys=("PriceArea",),
)

HEATING = Dataset(
    name="PrivateConsumptionHeatingHour",
    time_column="TimeUTC",
    local_time_column="TimeDK",
    area_column="RegionName",
    group_column="HeatingCategory",
    measure="ConsumptionkWh",
    unit="kWh",
    publication_delay=timedelta(days=7),
    other_keys=("MunicipalityCode", "HousingCategory"),
)

INDUSTRY = Dataset(
    name="ConsumptionIndustry",
    time_column="HourUTC",
    local_time_column="HourDK",
    area_column="MunicipalityNo",
    group_column="Branche",
    measure="ConsumptionkWh",
    unit="kWh",
    publication_delay=timedelta(days=10),
    successor="ConsumptionConsumerCategoryHour",
    active=False,
)

DE35 = Dataset(
    name="ConsumptionDE35Hour",
    time_column="HourUTC",
    local_time_column="HourDK",
    area_column="PriceArea",
    group_column="ConsumerType_DE35",
    measure="TotalCon",
    unit="kWh",
    publication_delay=timedelta(days=10),
    successor="ConsumptionConsumerCategoryHour",
    active=False,
)

WIND_AND_SOLAR_FORECASTS = Dataset(
    name="Forecasts_Hour",
    time_column="HourUTC",
    local_time_column="HourDK",
    area_column="PriceArea",
    group_column="ForecastType",
    measure="ForecastDayAhead",  # never ForecastCurrent: it is rewritten after the hour
    unit="MWh",
    publication_delay=timedelta(hours=-12),
)

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        LOAD,
        BALANCE,
        SETTLEMENT,
        CONSUMER_CATEGORIES,
        GRID_AREAS,
        HEATING,
        INDUSTRY,
        DE35,
        WIND_AND_SOLAR_FORECASTS,
    )
}


@dataclass(frozen=True)
class Feed:
    """What one raw asset reads.

    Attributes:
        asset: the asset, and its table.
        family: the setting that turns it on.
        row: what one row is, for the asset's page.
        datasets: read together; those a source does not have are left out.
        vintage: what kind of truth it brings.
        late_after: how far the newest hour may lie behind the newest that is due before a warning.
        revised_for: how long after an hour its value may still move.
        fallback: read in the first dataset's place while that fails or is late.
    """

    asset: str
    family: Family
    row: str
    datasets: tuple[Dataset, ...]
    vintage: Vintage
    late_after: timedelta
    revised_for: timedelta
    fallback: Dataset | None = None

    @property
    def publication_delay(self) -> timedelta:
        """The delay after which every dataset of the feed has spoken."""
        return max(dataset.publication_delay for dataset in self.datasets)


RAW_LOAD_FEED = Feed(
    asset="raw_load",
    family="total",
    row="One hour of one price area as the fast source published it, about two hours after the hour; unvalidated.",
    datasets=(LOAD,),
    vintage="preliminary",
    late_after=timedelta(hours=6),
    revised_for=timedelta(days=60),
    fallback=BALANCE,
)

RAW_SETTLEMENT_FEED = Feed(
    asset="raw_settlement",
    family="total",
    row="One hour of one price area as settlement corrected it, about eight days after the hour; corrected for up to two years.",
    datasets=(SETTLEMENT,),
    vintage="settled",
    late_after=timedelta(days=3),
    revised_for=timedelta(days=730),
)

RAW_CONSUMER_GROUPS_FEED = Feed(
    asset="raw_consumer_groups",
    family="consumer_groups",
    row="One hour of one consumer group in a region, municipality or price area, about ten days after the hour.",
    datasets=(CONSUMER_CATEGORIES, INDUSTRY, DE35),
    vintage="settled",
    late_after=timedelta(days=5),
    revised_for=timedelta(days=120),
)

RAW_GRID_AREAS_FEED = Feed(
    asset="raw_grid_areas",
    family="grid_areas",
    row="One hour of one grid area, about nine days after the hour.",
    datasets=(GRID_AREAS,),
    vintage="settled",
    late_after=timedelta(days=5),
    revised_for=timedelta(days=120),
)

FEEDS: tuple[Feed, ...] = (RAW_LOAD_FEED, RAW_SETTLEMENT_FEED, RAW_CONSUMER_GROUPS_FEED, RAW_GRID_AREAS_FEED)

WEATHER = "Open-Meteo"
"""The name by which the weather services are asked, all three."""


def asset_of(dataset: str) -> str:
    """The raw asset that a dataset, or the weather, is read into.

    Raises:
        KeyError: no asset reads it.

    >>> asset_of("ElectricityBalanceNonv")
    'raw_load'
    """
    if dataset == WEATHER:
        return "raw_weather"
    for feed in FEEDS:
        fallback = () if feed.fallback is None else (feed.fallback,)
        if dataset in {one.name for one in (*feed.datasets, *fallback)}:
            return feed.asset
    raise KeyError(f"no asset reads {dataset}; the catalogue has {', '.join(DATASETS)}")


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
    Place("Aarhus", "DK1", 56.16, 10.20, 0.43),
    Place("Aalborg", "DK1", 57.05, 9.92, 0.19),
    Place("Odense", "DK1", 55.40, 10.39, 0.16),
    Place("Esbjerg", "DK1", 55.48, 8.45, 0.22),
    Place("Copenhagen", "DK2", 55.68, 12.57, 0.69),
    Place("Naestved", "DK2", 55.23, 11.76, 0.31),
)
"""Weights are the share of an area's people in the part of the country around the place, rounded (Statistics Denmark's regions in
2024: Central 1.37 M, North 0.59 M, Funen 0.51 M, South Jutland 0.73 M; Capital 1.91 M, Zealand 0.85 M)."""
