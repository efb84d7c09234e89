"""What can be chosen now, and how series are called."""

from collections.abc import Sequence
from dataclasses import dataclass

from energy_dagster.domain.tables import AREAS, AREAS_IN_DANISH, TOTAL
from energy_dagster.store.reader import Store
from energy_dagster.store.rows import Issue, Series, Snapshot
from ui.manner import manner

ALL_LEADS = "all"
CHOICE_OF_ISSUES = 72
"""How many issues the forecast page offers: three days of hourly ones."""


@dataclass(frozen=True)
class Choices:
    """What can be chosen now."""

    snapshot: Snapshot
    series: Sequence[Series]
    issues: Sequence[Issue]


def series_name(area: str, consumer_group: str) -> str:
    """A series in words.

    >>> series_name("DK", "total"), series_name("DK2", "Privat")
    ('Denmark', 'East Denmark (DK2), Privat')
    """
    names = AREAS_IN_DANISH if manner().language == "da" else AREAS
    name = names.get(area, area).split(" (")[0]
    place = name if area in ("DK", name) else f"{name} ({area})"
    return place if consumer_group == TOTAL else f"{place}, {consumer_group}"


def read_choices(store: Store) -> Choices:
    """Series and newest issues."""
    series = store.series()
    return Choices(series.snapshot, series.rows, store.issues(limit=CHOICE_OF_ISSUES).rows)
