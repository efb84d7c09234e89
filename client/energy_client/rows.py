"""What the API answers with: one frozen struct per kind of row. Times are aware UTC; energies are MWh per hour."""

from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct

Area = Literal["DK", "DK1", "DK2"]
Vintage = Literal["preliminary", "settled"]
Quality = Literal["ok", "missing", "duplicate", "spike", "zero", "stuck", "negative", "imputed", "merged_dst"]
Rung = Literal["full", "no_weather", "older_lags", "naive"]
Origin = Literal["live", "replay"]
LeadBucket = Literal["01-06", "07-12", "13-24", "25-48"]
Period = Literal["hour", "day", "month", "lead_bucket"]
Dimension = Literal["day", "month", "lead_bucket", "day_type", "weekday", "local_hour"]
Forecaster = Literal["forecast", "weekly_naive", "tso"]


class Snapshot(Struct, frozen=True):
    """The published state that rows were read from; `label` must be shown wherever the numbers are."""

    snapshot_id: str
    as_of: datetime
    published_at: datetime
    source: str
    simulated: bool
    label: Literal["SIMULATED"] | None


class SeriesRow(Struct, frozen=True):
    """One series, its names in English and Danish, what is held of it and how old the newest of that is by the snapshot's as_of."""

    series_id: str
    area: str
    consumer_group: str
    name: str
    name_da: str
    unit: str
    first_hour: datetime | None
    newest_hour: datetime | None
    newest_settled_hour: datetime | None
    hours: int
    coverage: float | None
    age_hours: float | None
    first_issue: datetime | None
    newest_issue: datetime | None
    issue_age_hours: float | None


class ForecastRow(Struct, frozen=True):
    """One hour as forecast by one issue; q50 is the forecast line, and a quantile that was not asked for is None.

    `level_mwh` to `other_mwh` explain q50 and add up to it; None where no model made it.
    """

    issued_at: datetime
    area: str
    consumer_group: str
    hour_utc: datetime
    lead_hours: int
    naive_mwh: float | None
    level_mwh: float | None
    recent_mwh: float | None
    calendar_mwh: float | None
    holiday_mwh: float | None
    weather_mwh: float | None
    other_mwh: float | None
    rung: Rung
    origin: Origin
    revision: int
    model_version: str
    consumption_cutoff: datetime
    weather_cutoff: datetime | None
    created_at: datetime
    q05: float | None = None
    q10: float | None = None
    q20: float | None = None
    q30: float | None = None
    q40: float | None = None
    q50: float | None = None
    q60: float | None = None
    q70: float | None = None
    q80: float | None = None
    q90: float | None = None
    q95: float | None = None


class ActualRow(Struct, frozen=True):
    """One hour: consumption_mwh is what to use, published_mwh what the source said, quality what became of it."""

    area: str
    consumer_group: str
    hour_utc: datetime
    vintage: Vintage
    provisional: bool
    consumption_mwh: float | None
    quality: Quality
    published_mwh: float | None


class RevisionRow(Struct, frozen=True):
    """Preliminary against settled in one local day, over hours that are ok in both; a difference is settled minus preliminary."""

    area: str
    consumer_group: str
    day: date
    hours: int
    preliminary_mwh: float
    settled_mwh: float
    difference_mwh: float
    mean_abs_difference_mwh: float
    largest_abs_difference_mwh: float
    difference_share: float | None


class ErrorRow(Struct, frozen=True):
    """How wrong the issues of one lead bucket (or `all`) were from period_start to period_end, that not included."""

    area: str
    consumer_group: str
    period_start: datetime
    period_end: datetime
    lead_bucket: str
    vintage: Vintage
    hours: int
    issues: int
    live_issues: int
    actual_mwh: float
    forecast_mwh: float
    naive_mwh: float | None
    error_mwh: float
    abs_error_mwh: float
    rmse_mwh: float
    naive_abs_error_mwh: float | None
    pinball_mwh: float
    inside_80: float
    inside_90: float


class ScorecardRow(Struct, frozen=True):
    """One forecaster judged: ours (`forecast`), the weekly naive, or the transmission system operator's (`tso`).

    What was not asked to be told apart is None, or `all`.
    """

    area: str
    consumer_group: str
    forecaster: Forecaster
    lead_bucket: str
    day: date | None
    month: str | None
    day_type: str | None
    weekday: int | None
    local_hour: int | None
    hours: int
    n: int
    mae_mwh: float
    wape: float | None
    mape: float | None
    rmse_mwh: float
    bias_mwh: float
    skill: float | None
    pinball_mwh: float
    coverage_80: float | None
    coverage_90: float | None


class IssueRow(Struct, frozen=True):
    """One issue: when it was made, the revision that is served, and the model and rung of its series lowest on the ladder."""

    issued_at: datetime
    revision: int
    origin: Origin
    rung: Rung
    model_version: str
    series: int


class ProvenanceRow(Struct, frozen=True):
    """One version that an issue was made from: `steps` is 0 for the issue itself, 1 for what it read, and so on to the sources."""

    steps: int
    asset: str
    partition: str
    version: str
    code_version: str | None
    run_id: str | None


class ModelRow(Struct, frozen=True):
    """One trained model: what from, its held-out scores, the verdict, and its lineage."""

    model_version: str
    serves_from: datetime
    trained_at: datetime
    training_start: datetime
    training_end: datetime
    training_rows: int
    holdout_mae_mwh: float | None
    holdout_naive_mae_mwh: float | None
    holdout_champion_mae_mwh: float | None
    holdout_skill: float | None
    holdout_coverage_80: float | None
    verdict: Literal["champion", "challenger"]
    reason: str
    parameters: dict[str, Any]
    areas: list[str]
    uses_weather: bool
    importance: dict[str, float]
    code_version: str
    inputs: dict[str, dict[str, str]]


class TableRow(Struct, frozen=True):
    """How new one table is: `newest` is the greatest `time_column` of a row that holds a value."""

    table: str
    time_column: str
    newest: datetime | None
    rows: int
    newest_version: str | None


class Health(Struct, frozen=True):
    """What the server says of itself."""

    status: Literal["live", "ready"]
    snapshot_id: str | None = None
    parts: dict[str, str] | None = None


Row = TypeVar("Row", bound=Struct)


class Answer(Struct, Generic[Row], frozen=True, kw_only=True):
    """Rows of one snapshot. `next` is the address of the page that follows, None when these are all."""

    snapshot: Snapshot
    rows: tuple[Row, ...]
    unit: Literal["MWh"]
    next: str | None = None
