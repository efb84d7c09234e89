"""Who takes part in a case: the runs, the plain mean of two of them, and what was published for the area."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.cases import Case, published_forecasts
from benchmarks.comparison import Entrant, mean_of, published_beside, standard_forecasts
from benchmarks.forecasters import MLFORECAST, SKFORECAST
from benchmarks.runs import Run

PUBLISHED_TITLES = {"tso": "the TSOs' own forecast", "tso_improved": "the TSOs' forecast, improved"}


def entrants_of(case: Case, runs: Sequence[Run], data: Path) -> list[Entrant]:
    """Everyone on a case.

    Args:
        case: which.
        runs: of that case, each with one forecast per hour.
        data: folder of the recorded load.
    """
    ran = [_entrant(run) for run in runs]
    return [*ran, *_mean(ran), *_published(case, ran, data)]


def _entrant(run: Run) -> Entrant:
    one = run.forecaster
    forecasts = standard_forecasts(run.forecasts(), has_quantiles=one.has_quantiles)
    return Entrant(key=one.key, title=one.title, every_days=one.every_days, has_quantiles=one.has_quantiles, forecasts=forecasts)


def _mean(ran: Sequence[Entrant]) -> list[Entrant]:
    pair = [entrant for entrant in ran if entrant.key in {MLFORECAST.key, SKFORECAST.key}]
    if len(pair) < 2:
        return []
    mean = mean_of(pair[0].forecasts, pair[1].forecasts)
    return [Entrant(key="mean", title=f"mean of {pair[0].title} and {pair[1].title}", forecasts=mean)]


def _published(case: Case, ran: Sequence[Entrant], data: Path) -> list[Entrant]:
    """The published lines, for the hours and with the leads of a run of every day."""
    daily = next((entrant.forecasts for entrant in ran if entrant.every_days == 1), None)
    if daily is None:
        return []
    return [
        Entrant(key=key, title=PUBLISHED_TITLES[key], has_quantiles=False, forecasts=published_beside(line, daily))
        for key, line in published_forecasts(case, data).items()
    ]
