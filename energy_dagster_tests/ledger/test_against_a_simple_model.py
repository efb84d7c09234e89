"""Any order of writing, publishing, keeping up and moving house gives the answers of a dictionary."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from upath import UPath

from energy_dagster.domain.tables import PREDICTIONS, RAW_LOAD
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.transfer import export_lake, import_lake
from energy_dagster.io_managers.upkeep import keep_up
from energy_dagster.io_managers.warehouse import Warehouse
from energy_dagster.store.reader import Store
from energy_dagster_tests.io_managers.samples import load_rows, prediction_rows

MONTHS = ("2026-01-01", "2026-02-01")
ISSUES = ("2026-01-05T10", "2026-01-05T11", "2026-02-05T10")
VALUES = st.sampled_from([1.0, 2.0, 3.0])
START = datetime(2026, 3, 1, tzinfo=UTC)
KEEP = timedelta(days=30)
QUERY = "SELECT _partition, COUNT(*), MIN(consumption_mwh), MAX(consumption_mwh) FROM raw_load GROUP BY 1"


class Ledger(RuleBasedStateMachine):
    """A real lake and warehouse beside lists of what was written: (when, value, origin) by partition."""

    @initialize()
    def begin(self) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.folder, self.moves, self.now = Path(self.place.name), 0, START
        self.months: dict[str, list[tuple[datetime, float]]] = {month: [] for month in MONTHS}
        self.issues: dict[str, list[tuple[datetime, float, str]]] = {issue: [] for issue in ISSUES}
        self.published: tuple[dict[str, float], dict[str, tuple[float, int]]] | None = None
        self.kept_since = START

    def teardown(self) -> None:
        if hasattr(self, "place"):
            self.place.cleanup()

    @property
    def lake(self) -> Lake:
        return Lake(str(self.folder / f"lake {self.moves}"))

    def tick(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now

    @rule(month=st.sampled_from(MONTHS), value=VALUES)
    def materialize_a_month(self, month: str, value: float) -> None:
        at, written = self.tick(), self.months[month]
        done = self.lake.write(RAW_LOAD, month, load_rows(month, f"{month[:8]}02", mwh=value), at=at, run_id="run")
        assert done.changed == (not written or written[-1][1] != value)
        if done.changed:
            written.append((at, value))

    @rule(issue=st.sampled_from(ISSUES), value=VALUES, origin=st.sampled_from(["live", "replay"]))
    def issue_a_forecast(self, issue: str, value: float, origin: str) -> None:
        at, written = self.tick(), self.issues[issue]
        rows = prediction_rows(f"{issue}:00", mwh=value).assign(origin=origin)
        done = self.lake.write(PREDICTIONS, issue, rows, at=at, run_id="run")
        assert done.changed == (not written or written[-1][1] != value)
        if done.changed:
            written.append((at, value, origin))

    def served(self, issue: str, as_of: datetime | None = None) -> tuple[float, int] | None:
        """What is served of an issue, and its revision."""
        known = [(value, origin) for at, value, origin in self.issues[issue] if as_of is None or at <= as_of]
        live = next((number for number, (_, origin) in enumerate(known) if origin == "live"), len(known) - 1)
        return (known[live][0], live + 1) if known else None

    @rule()
    def publish(self) -> None:
        at = self.tick()
        Warehouse(str(self.folder / "warehouse")).publish(
            self.lake, ModelStore(str(self.lake.root)), as_of=at, published_at=at, source="sandbox", simulated=True
        )
        months = {month: written[-1][1] for month, written in self.months.items() if written}
        self.published = months, {issue: said for issue in ISSUES if (said := self.served(issue)) is not None}

    @rule()
    def lose_the_warehouse(self) -> None:
        for path in (self.folder / "warehouse").glob("*"):
            path.unlink()
        self.publish()

    @rule(days=st.integers(0, 60))
    def keep_up(self, days: int) -> None:
        self.now += timedelta(days=days)
        keep_up(self.lake, now=self.tick(), keep_days=KEEP / timedelta(days=1), closed_after_days=10)
        self.kept_since = max(self.kept_since, self.now - KEEP)

    @rule()
    def move_house(self) -> None:
        at, out = self.tick(), UPath(self.folder / f"export {self.moves}")
        export_lake(self.lake, out, as_of=at, now=at)
        self.moves += 1
        import_lake(self.lake, out)

    @rule(hours=st.integers(0, 48))
    def read_the_lake_as_it_stood(self, hours: int) -> None:
        as_of = max(self.now - timedelta(hours=hours), self.kept_since)
        for month, written in self.months.items():
            expected = [value for at, value in written if at <= as_of][-1:]
            assert self.lake.read(RAW_LOAD, [month], as_of=as_of)["consumption_mwh"].unique().tolist() == expected
        for issue in ISSUES:
            said = self.served(issue, as_of)
            found = self.lake.read(PREDICTIONS, [issue], as_of=as_of)["q50"].unique().tolist()
            assert found == ([] if said is None else [said[0]])

    @invariant()
    def the_warehouse_says_what_was_published(self) -> None:
        if getattr(self, "published", None) is None:
            return
        assert self.published is not None
        months, issues = self.published
        pointed = (self.folder / "warehouse" / "CURRENT").read_text().strip()
        with duckdb.connect(str(self.folder / "warehouse" / pointed), read_only=True) as connection:
            found = connection.execute(
                "SELECT _partition, COUNT(*), MIN(consumption_mwh), MAX(consumption_mwh) FROM raw_load GROUP BY 1"
            )
            assert {month: (count, low, high) for month, count, low, high in found.fetchall()} == {
                month: (24, value, value) for month, value in months.items()
            }
        with Store(self.folder / "warehouse") as store:
            for issue in ISSUES:
                issued_at = datetime.fromisoformat(f"{issue}:00+00:00")
                rows = store.forecast("DK1", issued_at=issued_at).rows
                assert {(row.quantiles[5], row.revision) for row in rows} == ({issues[issue]} if issue in issues else set())


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=12, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck))
