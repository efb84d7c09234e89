"""The tables of the platform: one contract each, shared by the lake, the warehouse, the store, the API and the app.

A contract says what one row is, its key, and for each column its type, unit and meaning. It is pure data: this module
imports nothing but the standard library, so everything may import it.
"""

from dataclasses import dataclass
from typing import Literal, get_args

DType = Literal["timestamp", "string", "double", "integer", "boolean"]

QUANTILES: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Levels of the predictive distribution that every forecast carries; 0.5 is the forecast line."""

HORIZON_HOURS = 48
"""Leads of one issue: 1 to 48 hours."""

AREAS: dict[str, str] = {
    "DK": "Denmark",
    "DK1": "West Denmark (Jutland and Funen)",
    "DK2": "East Denmark (Zealand and Bornholm)",
}
"""Areas by code; DK = DK1 + DK2."""

AREAS_IN_DANISH: dict[str, str] = {
    "DK": "Danmark",
    "DK1": "Vestdanmark (Jylland og Fyn)",
    "DK2": "Østdanmark (Sjælland og Bornholm)",
}
"""The same areas in the country's own words."""

TOTAL = "total"
"""The consumer group of everybody in an area."""

LEAD_BUCKETS: tuple[tuple[int, int], ...] = ((1, 6), (7, 12), (13, 24), (25, 48))
"""Lead hours, both ends included, by which errors are grouped."""

Rung = Literal["full", "no_weather", "older_lags", "naive"]
"""Which step of the fallback ladder a forecast stands on."""

Origin = Literal["live", "replay"]
"""`live`: issued within its own hour. `replay`: made afterwards from what had been published at the issue time."""

Vintage = Literal["preliminary", "settled"]

Quality = Literal["ok", "missing", "duplicate", "spike", "zero", "stuck", "negative", "imputed", "merged_dst"]
"""What became of a published hour; only `ok` hours are learned from and judged by."""

QUALITIES: tuple[Quality, ...] = get_args(Quality)


def quantile_column(level: float) -> str:
    """Column name of a quantile level.

    >>> quantile_column(0.05), quantile_column(0.5)
    ('q05', 'q50')
    """
    return f"q{round(level * 100):02d}"


def lead_bucket(first: int, last: int) -> str:
    """Name of a lead bucket; names sort in order of lead.

    >>> lead_bucket(1, 6), lead_bucket(25, 48)
    ('01-06', '25-48')
    """
    return f"{first:02d}-{last:02d}"


QUANTILE_COLUMNS: tuple[str, ...] = tuple(quantile_column(level) for level in QUANTILES)
LEAD_BUCKET_NAMES: tuple[str, ...] = tuple(lead_bucket(first, last) for first, last in LEAD_BUCKETS)


def series_id(area: str, consumer_group: str) -> str:
    """Identity of a series as one word.

    >>> series_id("DK1", "total")
    'DK1/total'
    """
    return f"{area}/{consumer_group}"


@dataclass(frozen=True)
class Column:
    """One column: its name, type, unit (empty when it has none), meaning, and whether a value may be absent."""

    name: str
    dtype: DType
    unit: str
    description: str
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """One table: its name, what one row is, its unique key, its columns.

    `partition_column` holds the naive UTC time by which rows belong to partitions, or the local day or month where a partition
    holds a month of local days. `volatile` columns do not count when
    two versions of a partition are compared. `append_only` tables keep every version of a partition as a revision.
    The running partition of a table that `looks_ahead` also carries hours after its end, until their own partition does.

    A table with a `first_seen` column gathers what a source says: rows that are read again unchanged keep that time, and rows the
    source no longer gives are kept. `measure` is the column whose changes are reported as revisions.
    """

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    partition_column: str
    volatile: tuple[str, ...] = ()
    append_only: bool = False
    looks_ahead: bool = False
    first_seen: str | None = None
    measure: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name!r}; it has {', '.join(self.names)}")


_HOUR = Column("hour_utc", "timestamp", "UTC", "Start of the hour")
_AREA = Column("area", "string", "", "Price area: DK1, DK2, or DK = DK1 + DK2")
_GROUP = Column("consumer_group", "string", "", "Who consumes: total, or a category of the source")
_VINTAGE = Column("vintage", "string", "", "preliminary (fast, unvalidated) or settled (about 8 days late, corrected)")


_FETCHED = Column("fetched_at", "timestamp", "UTC", "When the value was first read from the source, on the platform's clock")


def _raw_consumption(name: str, row: str, *, area: str) -> Table:
    return Table(
        name=name,
        row=row,
        key=("area", "consumer_group", "hour_utc"),
        partition_column="hour_utc",
        first_seen="fetched_at",
        measure="consumption_mwh",
        columns=(
            _HOUR,
            Column("area", "string", "", area),
            _GROUP,
            Column("consumption_mwh", "double", "MWh", "Consumption of the hour as published", nullable=True),
            Column("other_mwh", "double", "MWh", "Another value that the same answer gave for the hour", nullable=True),
            Column("dataset", "string", "", "The dataset it comes from"),
            Column("source_version", "string", "", "Version label of the source; empty where it has none"),
            _FETCHED,
        ),
    )


RAW_LOAD = _raw_consumption(
    "raw_load", "One hour of one price area as the fast source published it.", area="Price area: DK1 or DK2"
)
RAW_SETTLEMENT = _raw_consumption(
    "raw_settlement", "One hour of one price area as settlement corrected it.", area="Price area: DK1 or DK2"
)
RAW_CONSUMER_GROUPS = _raw_consumption(
    "raw_consumer_groups", "One hour of one consumer group in one area.", area="Region, municipality number or price area"
)
RAW_GRID_AREAS = _raw_consumption("raw_grid_areas", "One hour of one grid area.", area="Number of the grid area")

RAW_TSO_FORECAST = Table(
    name="raw_tso_forecast",
    row="One hour of one price area in the transmission system operator's day-ahead forecast (ENTSO-E, A65/A01).",
    key=("area", "hour_utc"),
    partition_column="hour_utc",
    looks_ahead=True,
    first_seen="fetched_at",
    measure="forecast_mwh",
    columns=(
        _HOUR,
        Column("area", "string", "", "Price area: DK1 or DK2"),
        Column("forecast_mwh", "double", "MWh", "Forecast consumption of the hour, mean of its quarters"),
        _FETCHED,
    ),
)

WEATHER_VARIABLES: tuple[Column, ...] = (
    Column("temperature_c", "double", "degree Celsius", "Air temperature at 2 m", nullable=True),
    Column("wind_speed_ms", "double", "m/s", "Wind speed at 10 m", nullable=True),
    Column("relative_humidity_pct", "double", "%", "Relative humidity at 2 m", nullable=True),
    Column(
        "shortwave_radiation_wm2",
        "double",
        "W/m2",
        "Shortwave radiation on a level surface, mean of the hour before",
        nullable=True,
    ),
)
WEATHER_COLUMNS: tuple[str, ...] = tuple(column.name for column in WEATHER_VARIABLES)

RAW_WEATHER = Table(
    name="raw_weather",
    row="One hour of one price area's weather in one forecast run, or as observed.",
    key=("area", "hour_utc", "kind", "available_at"),
    partition_column="hour_utc",
    looks_ahead=True,
    first_seen="fetched_at",
    columns=(
        _HOUR,
        Column("area", "string", "", "Price area: DK1 or DK2"),
        Column("kind", "string", "", "forecast or observed"),
        Column("available_at", "timestamp", "UTC", "When the value could first be read"),
        *WEATHER_VARIABLES,
        _FETCHED,
    ),
)

CONSUMPTION = Table(
    name="consumption",
    row="One hour of one series in one vintage, cleaned, with a quality flag.",
    key=("area", "consumer_group", "hour_utc", "vintage"),
    partition_column="hour_utc",
    columns=(
        _HOUR,
        _AREA,
        _GROUP,
        _VINTAGE,
        Column(
            "consumption_mwh",
            "double",
            "MWh",
            "Consumption of the hour; as published where quality is ok, estimated where it is imputed or merged_dst, else null",
            nullable=True,
        ),
        Column("quality", "string", "", "Whether the published value can be used: " + ", ".join(QUALITIES)),
        Column("published_mwh", "double", "MWh", "What the source published, usable or not", nullable=True),
        Column("source_version", "string", "", "Version label of the source; empty where it has none"),
        Column("fetched_at", "timestamp", "UTC", "When the published value was first read", nullable=True),
    ),
)

WEATHER_LEAD_DAYS: tuple[int, ...] = (1, 2, 3)
"""Ages, in days before the hour, of the weather forecasts kept in the feature table."""

LAG_HOURS: tuple[int, ...] = (72, 168, 336, 504, 672)
"""Lags that are known for every lead of an issue, whatever the lead."""

CALENDAR_FEATURES: tuple[Column, ...] = (
    Column("local_hour", "integer", "h", "Hour of the local day in Europe/Copenhagen, 0 to 23"),
    Column("day_of_week", "integer", "", "Local day of the week, Monday 0 to Sunday 6"),
    Column("day_of_year", "integer", "d", "Local day of the year, 1 to 366"),
    Column("day_kind", "integer", "", "0 workday, 1 Saturday, 2 Sunday, 3 holiday, 4 bridge day, 5 Christmas and New Year days"),
    Column("days_to_holiday", "integer", "d", "Days to the next public holiday, 0 on one, at most 7"),
    Column("days_since_holiday", "integer", "d", "Days since the last public holiday, 0 on one, at most 7"),
    Column("sun_elevation_deg", "double", "degree", "Height of the sun over Denmark in the middle of the hour"),
    Column("daylight_hours", "double", "h", "Length of the local day's daylight"),
)


def lag_column(hours: int) -> str:
    """Name of a lag column.

    >>> lag_column(168)
    'lag_168h_mwh'
    """
    return f"lag_{hours}h_mwh"


def weather_column(variable: str, lead_days: int) -> str:
    """Name of a weather forecast column of an age.

    >>> weather_column("temperature_c", 2)
    'temperature_c_day2'
    """
    return f"{variable}_day{lead_days}"


CONSUMPTION_FEATURES = Table(
    name="consumption_features",
    row="One hour of one series: the known consumption and every input that does not depend on the lead.",
    key=("area", "consumer_group", "hour_utc"),
    partition_column="hour_utc",
    looks_ahead=True,
    columns=(
        _HOUR,
        _AREA,
        _GROUP,
        Column("preliminary_mwh", "double", "MWh", "Consumption in the preliminary vintage", nullable=True),
        Column("settled_mwh", "double", "MWh", "Consumption in the settled vintage", nullable=True),
        *CALENDAR_FEATURES,
        *(
            Column(lag_column(hours), "double", "MWh", f"Consumption {hours} hours earlier as known 48 hours before", nullable=True)
            for hours in LAG_HOURS
        ),
        Column("weekly_profile_mwh", "double", "MWh", "Mean of the same hour in the four weeks before", nullable=True),
        *(
            Column(weather_column(v.name, day), v.dtype, v.unit, f"{v.description}, forecast {day} day(s) before", nullable=True)
            for day in WEATHER_LEAD_DAYS
            for v in WEATHER_VARIABLES
        ),
        *(
            Column(weather_column(v.name, 0), v.dtype, v.unit, f"{v.description}, newest forecast run", nullable=True)
            for v in WEATHER_VARIABLES
        ),
        Column("weather_run_at", "timestamp", "UTC", "When the newest forecast run could first be read", nullable=True),
    ),
)

EXPLAINED_BY: dict[str, str] = {
    "recent": "recent consumption",
    "calendar": "hour, weekday and season",
    "holiday": "a holiday on the day or near it",
    "weather": "the weather forecast",
    "other": "all else (the trees, the correction of the median)",
}
"""Parts of a forecast: with the level they add up to q50."""

PREDICTIONS = Table(
    name="predictions",
    row="One hour of one series as forecast by one issue.",
    key=("issued_at", "area", "consumer_group", "hour_utc"),
    partition_column="issued_at",
    volatile=("created_at", "run_id", "origin"),
    append_only=True,
    columns=(
        Column("issued_at", "timestamp", "UTC", "When the forecast was made; nothing published after it was used"),
        _AREA,
        _GROUP,
        _HOUR,
        Column("lead_hours", "integer", "h", "hour_utc minus issued_at"),
        *(
            Column(quantile_column(level), "double", "MWh", f"Quantile {level:g} of the predictive distribution")
            for level in QUANTILES
        ),
        Column("naive_mwh", "double", "MWh", "Weekly naive: the same hour 168 hours earlier, as known at the issue", nullable=True),
        Column("level_mwh", "double", "MWh", "Geometric mean of the last 168 known hours; null below a model", nullable=True),
        *(
            Column(f"{part}_mwh", "double", "MWh", f"What {told} adds to the level; null below a model", nullable=True)
            for part, told in EXPLAINED_BY.items()
        ),
        Column("rung", "string", "", "Step of the fallback ladder: full, no_weather, older_lags or naive"),
        Column("origin", "string", "", "live, or replay when made afterwards from what was published at the issue"),
        Column("model_version", "string", "", "The model that made it, or weekly-naive"),
        Column("consumption_cutoff", "timestamp", "UTC", "Newest hour of consumption that was known"),
        Column("weather_cutoff", "timestamp", "UTC", "Newest weather forecast run that was known", nullable=True),
        Column("created_at", "timestamp", "UTC", "When the row was computed"),
        Column("run_id", "string", "", "The run that computed it"),
    ),
)

ERROR_METRICS = Table(
    name="error_metrics",
    row="One hour of one series in one lead bucket and one vintage of the truth: how wrong the issues of that bucket were.",
    key=("area", "consumer_group", "hour_utc", "lead_bucket", "vintage"),
    partition_column="hour_utc",
    columns=(
        _HOUR,
        _AREA,
        _GROUP,
        Column("lead_bucket", "string", "h", "Lead hours of the issues: 01-06, 07-12, 13-24 or 25-48"),
        _VINTAGE,
        Column("actual_mwh", "double", "MWh", "The truth of that vintage"),
        Column("forecast_mwh", "double", "MWh", "Mean of the issues' forecast lines"),
        Column("naive_mwh", "double", "MWh", "Weekly naive, as known at the newest of the issues", nullable=True),
        Column("issues", "integer", "", "How many issues of the bucket forecast the hour"),
        Column("error_mwh", "double", "MWh", "Mean of forecast minus actual"),
        Column("abs_error_mwh", "double", "MWh", "Mean absolute error of the issues"),
        Column("squared_error_mwh2", "double", "MWh2", "Mean squared error of the issues"),
        Column("naive_abs_error_mwh", "double", "MWh", "Absolute error of the weekly naive", nullable=True),
        Column("pinball_mwh", "double", "MWh", "Mean pinball loss over the quantiles and issues"),
        Column("inside_80", "double", "share", "Share of the issues whose P10 to P90 held the actual"),
        Column("inside_90", "double", "share", "Share of the issues whose P5 to P95 held the actual"),
        Column("live_issues", "integer", "", "How many of the issues were live"),
    ),
)

BACKTEST_FORECASTS = Table(
    name="backtest_forecasts",
    row="One hour of one price area as the day-ahead product would have forecast it, had the platform stood there then.",
    key=("issued_at", "area", "consumer_group", "hour_utc"),
    partition_column="delivery_day",
    columns=(
        Column("delivery_day", "timestamp", "local", "Local day in Europe/Copenhagen that the hour belongs to, at its midnight"),
        Column("issued_at", "timestamp", "UTC", "When it would have been made: 10:00 local on the day before"),
        Column("area", "string", "", "Price area: DK1 or DK2"),
        _GROUP,
        _HOUR,
        Column("lead_hours", "integer", "h", "hour_utc minus issued_at"),
        *(
            Column(quantile_column(level), "double", "MWh", f"Quantile {level:g} of the predictive distribution")
            for level in QUANTILES
        ),
        Column("naive_mwh", "double", "MWh", "Weekly naive: the same hour 168 hours earlier, as known at the issue", nullable=True),
        Column("rung", "string", "", "Step of the fallback ladder: full, no_weather or older_lags"),
        Column("model_version", "string", "", "Month whose engine made it, and the version of its recipe"),
    ),
)


def _score(name: str, unit: str, description: str, *, nullable: bool = False, with_interval: bool = False) -> tuple[Column, ...]:
    ends = (("low", "Lower"), ("high", "Upper")) if with_interval else ()
    intervals = (Column(f"{name}_{end}", "double", unit, f"{told} end of its 95 % interval", nullable=True) for end, told in ends)
    return (Column(name, "double", unit, description, nullable=nullable), *intervals)


BACKTEST_SCORES = Table(
    name="backtest_scores",
    row="One group of hours of one month and price area: how good the forecasts of the backtest were.",
    key=("month", "area", "breakdown", "group_name"),
    partition_column="month",
    columns=(
        Column("month", "timestamp", "local", "Month of local days in Europe/Copenhagen, at its first midnight"),
        Column("area", "string", "", "Price area: DK1 or DK2"),
        Column("breakdown", "string", "", "overall, lead_bucket, local_hour, day_type or day_length"),
        Column("group_name", "string", "", "Which group of the breakdown, e.g. 25-48, 07, holiday, 23; all of overall"),
        Column("n", "integer", "", "Scored forecasts"),
        Column("hours", "integer", "h", "Distinct hours among them"),
        Column("days", "integer", "d", "Distinct local days among them"),
        *_score("mae_mwh", "MWh", "Mean absolute error of the median", with_interval=True),
        *_score("wape_pct", "%", "Sum of absolute errors as a share of the sum of consumption", nullable=True),
        *_score("mape_pct", "%", "Mean absolute percentage error", nullable=True, with_interval=True),
        *_score("rmse_mwh", "MWh", "Root mean square error of the median"),
        *_score("bias_mwh", "MWh", "Mean of forecast minus actual"),
        *_score("skill", "", "1 - MAE / MAE of the weekly naive", nullable=True, with_interval=True),
        *_score("pinball_mwh", "MWh", "Mean pinball loss over the 11 quantiles", with_interval=True),
        *_score("pinball_deciles_mwh", "MWh", "Mean pinball loss over the deciles", with_interval=True),
        *_score("coverage_80", "share", "Share of actuals from P10 to P90", with_interval=True),
        *_score("width_80_mwh", "MWh", "Mean of P90 - P10"),
        *_score("coverage_90", "share", "Share of actuals from P5 to P95", with_interval=True),
        *_score("width_90_mwh", "MWh", "Mean of P95 - P5"),
    ),
)

MODELS = Table(
    name="models",
    row="One trained model: the week it serves, its held-out scores and the verdict.",
    key=("model_version",),
    partition_column="serves_from",
    columns=(
        Column("model_version", "string", "", "Identity of the model"),
        Column("serves_from", "timestamp", "UTC", "Start of the week it was trained for"),
        Column("trained_at", "timestamp", "UTC", "When it was trained"),
        Column("training_start", "timestamp", "UTC", "First hour it learned from"),
        Column("training_end", "timestamp", "UTC", "Last hour it learned from"),
        Column("training_rows", "integer", "", "Rows it learned from"),
        Column("holdout_mae_mwh", "double", "MWh", "Mean absolute error on the held-out window", nullable=True),
        Column("holdout_naive_mae_mwh", "double", "MWh", "The weekly naive's on the same hours", nullable=True),
        Column("holdout_champion_mae_mwh", "double", "MWh", "The champion's since it was trained", nullable=True),
        Column("holdout_skill", "double", "", "1 - MAE / MAE of the weekly naive", nullable=True),
        Column("holdout_coverage_80", "double", "share", "Share of held-out hours inside P10 to P90", nullable=True),
        Column("verdict", "string", "", "champion or challenger"),
        Column("reason", "string", "", "Why, in a sentence"),
        Column("parameters", "string", "JSON", "Parameters of the model"),
        Column("areas", "string", "", "Areas it was trained on, comma separated"),
        Column("uses_weather", "boolean", "", "Whether weather forecasts were among its inputs"),
        Column("importance", "string", "JSON", "Share of the total gain by feature"),
        Column("code_version", "string", "", "Release and digest of the code that trained it"),
        Column("inputs", "string", "JSON", "Versions it was trained from, by partition by asset"),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        RAW_LOAD,
        RAW_SETTLEMENT,
        RAW_CONSUMER_GROUPS,
        RAW_GRID_AREAS,
        RAW_WEATHER,
        RAW_TSO_FORECAST,
        CONSUMPTION,
        CONSUMPTION_FEATURES,
        PREDICTIONS,
        ERROR_METRICS,
        BACKTEST_FORECASTS,
        BACKTEST_SCORES,
        MODELS,
    )
}
"""Every table by name."""
