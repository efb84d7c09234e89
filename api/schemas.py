"""What the API answers with. Rows are flat and named as the tables; energies are MWh per hour; times are ISO-8601 with Z.

A kind of row that says what the store says has the store's columns; the contract in docs/openapi.json tells when they change.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api.flags import DESCRIPTION
from energy_dagster.domain.tables import Origin, Quality, Rung, Vintage
from energy_dagster.store.rows import Ancestor, Freshness, Issue, JudgedPeriod, RevisedDay, Scored, Snapshot

API_VERSION: Final = "2.0.0"


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
    """One series, its names in English and Danish, and what is held of it.

    Of the hours from `first_hour` to `newest_hour`, `hours` have a value; `coverage` is their share. Hours after
    `newest_settled_hour` are provisional. `age_hours` and `issue_age_hours` are the ages of the newest hour and issue at as_of.
    """

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
    provisional: Annotated[bool, Meta(description="Whether settlement will correct it: true in the preliminary vintage")]
    consumption_mwh: Annotated[float | None, Meta(description="Measured, or estimated where quality says so; null where unusable")]
    quality: Annotated[Quality, Meta(description=DESCRIPTION)]
    published_mwh: Annotated[float | None, Meta(description="As published, usable or not; null where nothing was")]


class RevisionRow(RevisedDay, frozen=True):
    """Preliminary against settled in one local day, over hours that are ok in both; a difference is settled minus preliminary."""


class ErrorRow(JudgedPeriod, frozen=True):
    """How wrong the issues of one lead bucket (or `all`) were from period_start to period_end, that not included.

    Means over `issues` issue-hours, of which `live_issues` were live. `error_mwh` is forecast minus actual; `inside_80` and
    `inside_90` are the shares of actuals from P10 to P90 and from P5 to P95.
    """


class ScorecardRow(Scored, frozen=True):
    """One forecaster judged: ours (`forecast`), the weekly naive, or the grid operator's day-ahead forecast (`tso`).

    What was not asked to be told apart is null, or `all`. Means are over `n` issue-hours; `wape` is sum |error| / sum actual,
    `mape` the mean of |error| / actual, `skill` 1 - MAE / MAE of the weekly naive. Coverages are null where no interval is given.
    """


class IssueRow(Issue, frozen=True):
    """One issue: when it was made, the revision that is served, and the model and rung of its series lowest on the ladder."""


class ProvenanceRow(Ancestor, frozen=True):
    """One version that an issue was made from: `steps` is 0 for the issue itself, 1 for what it read, and so on to the sources.

    `code_version` is the release and a digest of the code that made it, `run_id` the run; null where the snapshot no longer knows.
    """


class ModelRow(Struct, frozen=True):
    """One trained model: what from, its held-out scores, the verdict, and its lineage.

    `code_version` is the release and a digest of the code that trained it, `inputs` the versions it was trained from by
    partition by asset, `importance` the share of the total gain by feature. The flat formats write nested values as JSON text.
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
    parameters: dict[str, Any]
    areas: list[str]
    uses_weather: bool
    importance: dict[str, float]
    code_version: str
    inputs: dict[str, dict[str, str]]


class TableRow(Freshness, frozen=True):
    """How new one table is: `newest` is the greatest `time_column` of a row that holds a value."""


class Envelope(Struct, frozen=True, kw_only=True):
    """Rows, their unit, the snapshot they were read from, and the address of the next page where there is one."""

    snapshot: SnapshotBody
    unit: Literal["MWh"] = "MWh"
    next: str | None = None


class SeriesAnswer(Envelope, frozen=True, kw_only=True):
    """Series."""

    rows: list[SeriesRow]


class ForecastsAnswer(Envelope, frozen=True, kw_only=True):
    """Hours of one issue, or of several, oldest issue first."""

    rows: list[ForecastRow]


class ActualsAnswer(Envelope, frozen=True, kw_only=True):
    """Measured hours."""

    rows: list[ActualRow]


class RevisionsAnswer(Envelope, frozen=True, kw_only=True):
    """Preliminary against settled by local day."""

    rows: list[RevisionRow]


class ErrorsAnswer(Envelope, frozen=True, kw_only=True):
    """Errors by period and lead bucket."""

    rows: list[ErrorRow]


class ScorecardAnswer(Envelope, frozen=True, kw_only=True):
    """Forecasters judged."""

    rows: list[ScorecardRow]


class IssuesAnswer(Envelope, frozen=True, kw_only=True):
    """Issues, oldest first."""

    rows: list[IssueRow]


class ProvenanceAnswer(Envelope, frozen=True, kw_only=True):
    """Versions that an issue was made from, nearest first."""

    rows: list[ProvenanceRow]


class ModelsAnswer(Envelope, frozen=True, kw_only=True):
    """Trained models, newest first."""

    rows: list[ModelRow]


class SnapshotAnswer(Envelope, frozen=True, kw_only=True):
    """The published state, and how new each of its tables is."""

    rows: list[TableRow]


class Event(Struct, frozen=True):
    """One server-sent event: `data` is the snapshot as JSON text, `id` its snapshot_id."""

    event: Literal["snapshot"]
    id: str
    data: str


class Health(Struct, frozen=True, omit_defaults=True):
    """What the process says of itself."""

    status: Literal["live", "ready"]
    snapshot_id: str | None = None
    parts: dict[str, str] | None = None
