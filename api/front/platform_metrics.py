"""What the published warehouse tells of the platform, for Prometheus: how new it is, and what asks for a look."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from energy_dagster.store.errors import NoSnapshot, UnreadableSnapshot
from energy_dagster.store.reader import Store
from energy_dagster.store.rows import Attention, Freshness

ALWAYS_TOLD: Final = (("check", "error"), ("check", "warning"))
"""What is told as 0 where there is none, so that an alert has something to compare."""


@dataclass(frozen=True)
class _Read:
    pointed: str
    issued_at: datetime | None
    tables: Sequence[Freshness]
    attention: Sequence[Attention]


class PlatformMetrics(Collector):
    """Reads a snapshot once, and tells its ages by the platform's clock at every scrape.

    Args:
        store: the published warehouse.
        present: tells the present, aware UTC.
    """

    def __init__(self, store: Store, present: Callable[[], datetime]) -> None:
        self._store, self._present = store, present
        self._last: _Read | None = None

    def describe(self) -> Iterator[Metric]:
        """Names nothing, so that registering asks nothing of the warehouse."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The gauges; without a snapshot that can be read only that it cannot."""
        readable = GaugeMetricFamily("energy_warehouse_readable", "Whether a published snapshot can be read")
        try:
            read = self._read()
        except (NoSnapshot, UnreadableSnapshot):
            readable.add_metric([], 0)
            yield readable
            return
        readable.add_metric([], 1)
        yield readable
        now = self._present()
        if read.issued_at is not None:
            age = (now - read.issued_at).total_seconds()
            yield GaugeMetricFamily(
                "energy_forecast_issued_timestamp_seconds",
                "When the newest forecast was issued, seconds since 1970",
                value=read.issued_at.timestamp(),
            )
            yield GaugeMetricFamily("energy_forecast_age_seconds", "Age of the newest forecast by the platform's clock", value=age)
        yield from _tables(read.tables, now)
        yield _attention(read.attention)

    def _read(self) -> _Read:
        pointed, last = self._store.pointed(), self._last
        if last is not None and last.pointed == pointed:
            return last
        with self._store.reading() as reading:
            issued_at = next((issue.issued_at for issue in reading.latest_issue().rows), None)
            self._last = _Read(pointed, issued_at, reading.freshness().rows, reading.attention().rows)
        return self._last


def _tables(tables: Sequence[Freshness], now: datetime) -> Iterator[Metric]:
    newest = GaugeMetricFamily(
        "energy_table_newest_timestamp_seconds", "Newest hour of a table that holds a value, seconds since 1970", labels=["table"]
    )
    lag = GaugeMetricFamily(
        "energy_table_lag_seconds", "How far that hour lies back; below 0 where a table reaches into the future", labels=["table"]
    )
    rows = GaugeMetricFamily("energy_table_rows", "Rows of a table", labels=["table"])
    for table in tables:
        rows.add_metric([table.table], table.rows)
        if table.newest is not None:
            newest.add_metric([table.table], table.newest.timestamp())
            lag.add_metric([table.table], (now - table.newest).total_seconds())
    yield from (newest, lag, rows)


def _attention(found: Sequence[Attention]) -> Metric:
    gauge = GaugeMetricFamily("energy_attention", "What asks for a look, as last published", labels=["kind", "severity"])
    counts = Counter(dict.fromkeys(ALWAYS_TOLD, 0))
    counts.update((one.kind, one.severity) for one in found)
    for (kind, severity), count in sorted(counts.items()):
        gauge.add_metric([kind, severity], count)
    return gauge
