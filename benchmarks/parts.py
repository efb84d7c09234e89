"""What parts of the pipeline cost by themselves, on recorded load: a model of one area with four years, an issue of all series.

Run from the project's root, on a machine that does nothing else: `.venv/bin/python -m benchmarks.parts --data FOLDER`. Printed, and
written between its marks into docs/benchmarks.md.
"""

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

import pandas as pd

from benchmarks.results import PAGE, markdown_table, put_between_marks
from energy_dagster.backtest_sources import history_of
from energy_dagster.domain.availability import naive_utc
from energy_dagster.domain.forecasting import make_issue
from energy_dagster.domain.kernel_member import REACH_HOURS
from energy_dagster.domain.model import Recipe, TrainedModel
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster.domain.tables import HORIZON_HOURS
from energy_dagster.domain.training import train
from energy_dagster.settings import Settings

T = TypeVar("T")

FOUR_YEARS_BEFORE = naive_utc(datetime(2022, 1, 3, tzinfo=UTC))
BOTH_AREAS_BEFORE = naive_utc(datetime(2020, 12, 7, tzinfo=UTC))
"""The recorded load of DK2 ends with 2020."""

REACH, HORIZON = timedelta(hours=REACH_HOURS), timedelta(hours=HORIZON_HOURS)
REPEATED = 20


def cpu(act: Callable[[], T]) -> tuple[float, float, T]:
    """CPU seconds of this process, wall seconds, and what came of it."""
    begun, at = time.process_time(), time.perf_counter()
    result = act()
    return time.process_time() - begun, time.perf_counter() - at, result


def until(history: SeriesHistory, moment: datetime) -> SeriesHistory:
    """The hours before a moment and the 48 after."""
    return _part(history, 0, history.position(moment + HORIZON))


def around(history: SeriesHistory, moment: datetime) -> SeriesHistory:
    """As many hours as an issue is given."""
    return _part(history, max(history.position(moment - REACH), 0), history.position(moment + HORIZON) + 1)


def _part(history: SeriesHistory, first: int, last: int) -> SeriesHistory:
    part = slice(first, last)
    return SeriesHistory(
        history.area,
        history.start + pd.Timedelta(hours=first),
        history.preliminary[part],
        history.settled[part],
        history.calendar[part],
        history.lags[part],
        history.weather[:, part],
        history.weather_run[part] - first,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the recorded load and weather")
    asked = parser.parse_args()
    settings = Settings(source=f"recorded:{asked.data}")

    def history(area: str) -> SeriesHistory:
        return history_of(settings, area, "observed")

    features_s, _, west = cpu(partial(history, "DK1"))
    four_years = {"DK1": until(west, FOUR_YEARS_BEFORE)}
    both = {area: until(history(area), BOTH_AREAS_BEFORE) for area in ("DK1", "DK2")}

    def fit(histories: dict[str, SeriesHistory], moment: datetime) -> TrainedModel:
        return train(histories, serves_from=moment, trained_at=moment, recipe=Recipe(7), champion=None)

    one_cpu, one_wall, _ = cpu(lambda: fit(four_years, FOUR_YEARS_BEFORE))
    both_cpu, both_wall, model = cpu(lambda: fit(both, BOTH_AREAS_BEFORE))
    near = {area: around(one, BOTH_AREAS_BEFORE) for area, one in both.items()}
    issues = [BOTH_AREAS_BEFORE - timedelta(hours=6)] * REPEATED
    first_s = cpu(lambda: make_issue(near, model, issued_at=issues[0]))[1]
    seconds = [cpu(partial(make_issue, near, model, issued_at=at))[1] for at in issues]
    rows = [
        ["reading and features of DK1, all recorded years", f"{features_s:.2f} CPU s"],
        ["model of DK1 with four years: fit, twin, judging, calibration", f"{one_cpu:.1f} CPU s, {one_wall:.1f} s"],
        ["model of both areas and DK, three years", f"{both_cpu:.1f} CPU s, {both_wall:.1f} s"],
        ["48 h of all three series, the hour's regressions at hand", f"{1000 * median(seconds):.0f} ms"],
        ["the same for the first time in an hour", f"{1000 * first_s:.0f} ms"],
    ]
    text = markdown_table(["part", "cost"], rows)
    print(text)
    said = (
        f"The parts by themselves, on {datetime.now(UTC):%-d %B %Y}, with weather, for issues at every hour of the day:\n\n{text}"
    )
    PAGE.write_text(put_between_marks(PAGE.read_text(), "parts", said))


if __name__ == "__main__":
    main()
