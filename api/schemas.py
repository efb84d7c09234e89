"""What the API answers with. Rows are flat and named as the tables; energies are MWh per hour; times are ISO-8601 with Z."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from api.flags import DESCRIPTION
from energy_dagster.domain.tables import Origin, Quality, Rung, Vintage
from energy_dagster.store.rows import Snapshot

API_VERSION: Final = "1.1.0"


class SnapshotBody(Struct, frozen=True):
    """The published state the rows were read from; `label` must be shown wherever the numbers are."""

    snapshot_id: str
    as_of: datetime
    published_at: datetime
    source: str
    simulated: bool
    label: Literal["SIMULATED"] | None

    @classmethod
    def of(cls, snapshot: Snapshot) -> "SnapshotBody":
        """The body of a snapshot of the store."""
        label: Literal["SIMULATED"] | None = "SIMULATED" if snapshot.simulated else None
        return cls(snapshot.snapshot_id, snapshot.as_of, snapshot.published_at, snapshot.source, snapshot.simulated, label)


class SeriesRow(Struct, frozen=True):
    """One series and the span of what is held of it."""

    series_id: str
    area: str
    consumer_group: str
    name: str
    unit: str
    first_hour: datetime | None
    newest_hour: datetime | None
    newest_issue: datetime | None


class ForecastRow(Struct, frozen=True):
    """One hour as forecast by one issue. Quantiles that were not asked for are absent; q50 is the forecast line.

    The columns from `level_mwh` to `other_mwh` explain q50: the level of the last week, and what recent consumption, the calendar,
    a holiday, the weather and all else add to it. They add up to q50; null where no model made it.
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
    q05: float | UnsetType = UNSET
    q10: float | UnsetType = UNSET
    q20: float | UnsetType = UNSET
    q30: float | UnsetType = UNSET
    q40: float | UnsetType = UNSET
    q50: float | UnsetType = UNSET
    q60: float | UnsetType = UNSET
    q70: float | UnsetType = UNSET
    q80: float | UnsetType = UNSET
    q90: float | UnsetType = UNSET
    q95: float | UnsetType = UNSET


class ActualRow(Struct, frozen=True):
    """One hour: consumption_mwh is what to use, published_mwh what the source said, and quality what became of it."""

    area: str
    consumer_group: str
    hour_utc: datetime
    vintage: Vintage
    consumption_mwh: Annotated[float | None, Meta(description="Measured, or estimated where quality says so; null where unusable")]
    quality: Annotated[Quality, Meta(description=DESCRIPTION)]
    published_mwh: Annotated[float | None, Meta(description="As published, usable or not; null where nothing was")]


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
    """How wrong the issues of one lead bucket were about one hour; means over `issues` issues."""

    area: str
    consumer_group: str
    hour_utc: datetime
    lead_bucket: str
    vintage: Vintage
    actual_mwh: float
    forecast_mwh: float
    naive_mwh: float | None
    issues: int
    error_mwh: float
    abs_error_mwh: float
    naive_abs_error_mwh: float | None
    pinball_mwh: float
    inside_80: float
    inside_90: float
    live_issues: int


class ScoreRow(Struct, frozen=True):
    """Errors summed up: one row per series and lead bucket (`all` for every lead), per local day when asked by day."""

    area: str
    consumer_group: str
    lead_bucket: str
    day: date | None
    hours: int
    mae_mwh: float
    naive_mae_mwh: float | None
    skill: float | None
    bias_mwh: float
    wape: float
    pinball_mwh: float
    coverage_80: float
    coverage_90: float


class ModelRow(Struct, frozen=True):
    """One trained model; parameters, importance and inputs are JSON text, areas are comma separated.

    Its lineage: `code_version` is the release and a digest of the code that trained it, `inputs` the versions it was trained from.
    """

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


class TableRow(Struct, frozen=True):
    """How new one table is: `newest` is the greatest `time_column` of a row that holds a value."""

    table: str
    time_column: str
    newest: datetime | None
    rows: int
    newest_version: str | None


class Envelope(Struct, frozen=True, kw_only=True):
    """Rows, their unit, and the snapshot they were read from."""

    snapshot: SnapshotBody
    unit: Literal["MWh"] = "MWh"


class SeriesAnswer(Envelope, frozen=True, kw_only=True):
    """Series."""

    rows: list[SeriesRow]


class ForecastsAnswer(Envelope, frozen=True, kw_only=True):
    """Hours of one issue."""

    rows: list[ForecastRow]


class ActualsAnswer(Envelope, frozen=True, kw_only=True):
    """Measured hours."""

    rows: list[ActualRow]


class RevisionsAnswer(Envelope, frozen=True, kw_only=True):
    """Preliminary against settled by local day."""

    rows: list[RevisionRow]


class ErrorsAnswer(Envelope, frozen=True, kw_only=True):
    """Errors by hour and lead bucket."""

    rows: list[ErrorRow]


class ScoresAnswer(Envelope, frozen=True, kw_only=True):
    """Errors summed up."""

    rows: list[ScoreRow]


class ModelsAnswer(Envelope, frozen=True, kw_only=True):
    """Trained models, newest first."""

    rows: list[ModelRow]


class SnapshotAnswer(Envelope, frozen=True, kw_only=True):
    """The published state, and how new each of its tables is."""

    rows: list[TableRow]


class Health(Struct, frozen=True, omit_defaults=True):
    """What the process says of itself."""

    status: Literal["live", "ready"]
    snapshot_id: str | None = None


Row = TypeVar("Row", bound=Struct)


def as_rows(held: Sequence[object], kind: type[Row]) -> list[Row]:
    """Rows of the store as rows of the API, by the names of their fields."""
    return [msgspec.convert(row, kind, from_attributes=True) for row in held]
