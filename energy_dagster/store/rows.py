"""What the store answers with: one frozen struct per kind of row. Times are aware UTC; energies are MWh per hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Generic, Literal, TypeVar

from msgspec import Struct

from energy_dagster.domain.tables import Origin, Quality, Rung, Vintage


class Snapshot(Struct, frozen=True):
    """One published state of the warehouse.

    `as_of` is the platform's clock when it was published (the movable clock with recorded data), `published_at` the
    machine's. `source` is sandbox, recorded or live; `simulated` must be shown wherever the numbers are.
    """

    snapshot_id: str
    published_at: datetime
    as_of: datetime
    source: str
    simulated: bool


Row_co = TypeVar("Row_co", covariant=True)

AttentionKind = Literal["check", "payload", "mirror"]
Severity = Literal["error", "warning"]
PromotionAction = Literal["promoted", "refused", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Answer(Generic[Row_co]):
    """Rows, and the snapshot they were read from."""

    snapshot: Snapshot
    rows: Sequence[Row_co]


class Series(Struct, frozen=True):
    """One series and what is held of it: `hours` have a value between the first and the newest, `coverage` is their share."""

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
    first_issue: datetime | None
    newest_issue: datetime | None


class ForecastHour(Struct, frozen=True):
    """One hour of one series as forecast by one issue; q50 is the forecast line.

    The six columns from `level_mwh` on explain q50: the level of the last week, and what each adds to it. They add up to q50, and
    are None where no model made it.
    """

    issued_at: datetime
    area: str
    consumer_group: str
    hour_utc: datetime
    lead_hours: int
    q05: float
    q10: float
    q20: float
    q30: float
    q40: float
    q50: float
    q60: float
    q70: float
    q80: float
    q90: float
    q95: float
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

    @property
    def quantiles(self) -> tuple[float, ...]:
        """All of them, in the order of `domain.tables.QUANTILES`."""
        return (self.q05, self.q10, self.q20, self.q30, self.q40, self.q50, self.q60, self.q70, self.q80, self.q90, self.q95)


class ActualHour(Struct, frozen=True):
    """One hour of one series as measured.

    `consumption_mwh` is what to use, None where there is nothing usable; `quality` says whether it is measured (`ok`), estimated
    (`imputed`, `merged_dst`) or why it is None; `published_mwh` is what the source said, usable or not. `provisional` hours will be
    corrected by settlement.
    """

    area: str
    consumer_group: str
    hour_utc: datetime
    vintage: Vintage
    provisional: bool
    consumption_mwh: float | None
    quality: Quality
    published_mwh: float | None


class TsoHour(Struct, frozen=True):
    """One hour as the transmission system operator forecast it the day before."""

    area: str
    hour_utc: datetime
    forecast_mwh: float


class RevisedDay(Struct, frozen=True):
    """Preliminary against settled in one local day of one series (columns as in the view of `store.schema`).

    `hours` of both vintages were compared; `difference_mwh` is settled minus preliminary, and `difference_share` the same as a
    share of preliminary, None where that is 0.
    """

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


class JudgedPeriod(Struct, frozen=True):
    """How wrong the issues of one lead bucket (or `all`) were from period_start to period_end.

    An hour, a local day or month, or a window. Columns as in `domain.tables.ERROR_METRICS`, weighed by the issues where several
    hours are summed up; `hours` were judged.
    """

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


Forecaster = Literal["forecast", "weekly_naive", "tso"]

Dimension = Literal["day", "month", "lead_bucket", "day_type", "weekday", "local_hour"]
"""What scores can be told apart by; days, months, weekdays (Monday 1) and hours are local."""

DAY_TYPES: Final = ("workday", "saturday", "sunday", "holiday", "bridge_day", "christmas")
"""By `day_kind` of `domain.tables.CALENDAR_FEATURES`; `christmas` is Christmas and New Year."""


class Scored(Struct, frozen=True):
    """One forecaster's errors over judged hours, told apart by the dimensions asked for; the others are None, or `all`.

    `n` is issue-hours. `wape` is sum |error| / sum actual, `mape` the mean of |error| / actual; skill is 1 - MAE / MAE of the
    weekly naive over the rows where both are known. Coverages are None for forecasters that give no interval.
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


class ReliabilityLevel(Struct, frozen=True):
    """How often the truth was at or below a forecast quantile: `share` of `n` issue-hours, where `level` was promised."""

    level: float
    share: float
    n: int


class DayTemperature(Struct, frozen=True):
    """The mean of the newest forecast temperature over the `hours` of a local day in which it is known."""

    area: str
    day: date
    hours: int
    temperature_c: float


class Issue(Struct, frozen=True):
    """One issue of forecasts: when, how, and from what."""

    issued_at: datetime
    revision: int
    origin: Origin
    rung: Rung
    model_version: str
    series: int


class IssueRevision(Struct, frozen=True):
    """One revision of one issue: whether it is the one served, how and by what it was made, and the lake's version of it.

    `code_version` and `version` are None where the snapshot does not say.
    """

    issued_at: datetime
    revision: int
    served: bool
    origin: Origin
    model_version: str
    created_at: datetime
    run_id: str
    code_version: str | None
    version: str | None
    series: int


class Ancestor(Struct, frozen=True):
    """One version that an issue was made from: `steps` is 0 for the issue itself, 1 for what it read, and so on.

    `code_version` and `run_id` are None for a version that was no longer in the lake when the snapshot was made.
    """

    steps: int
    asset: str
    partition: str
    version: str
    code_version: str | None
    run_id: str | None


class Model(Struct, frozen=True):
    """One trained model (columns as in `domain.tables.MODELS`)."""

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
    parameters: str
    areas: str
    uses_weather: bool
    importance: str
    code_version: str
    inputs: str


class Promotion(Struct, frozen=True):
    """One decision about which model serves (columns as of `promotions` in `store.schema`)."""

    decided_at: datetime
    action: PromotionAction
    model_version: str
    decided_by: str
    reason: str


class Attention(Struct, frozen=True):
    """One thing that asks for a look (columns as of `_attention` in `store.schema`)."""

    kind: AttentionKind
    subject: str
    name: str
    severity: Severity
    found_at: datetime
    told: str


class Freshness(Struct, frozen=True):
    """How new one table is: `newest` is the greatest value of `time_column`, of rows that hold a value.

    `newest_version` is the newest lake version among its partitions; both are None for an empty table.
    """

    table: str
    time_column: str
    newest: datetime | None
    rows: int
    newest_version: str | None
