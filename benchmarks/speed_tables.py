"""What forecasting cost, ours and others', and the text it makes of it for the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from benchmarks.results import markdown_table, skipped_lines, spoken

DAYS_A_YEAR = 365
REFITS_A_YEAR = 12


@dataclass(frozen=True, kw_only=True)
class Spent:
    """CPU seconds inside a forecaster, imports, reading and writing left out.

    Attributes:
        fit_s: Of all fits together.
        fits: How many.
        forecast_s: Of all forecasts together.
        forecasts: How many: delivery days at the gate.
    """

    fit_s: float
    fits: int
    forecast_s: float
    forecasts: int

    @property
    def a_refit_s(self) -> float:
        """CPU seconds of one fit."""
        return self.fit_s / max(self.fits, 1)

    @property
    def a_day_s(self) -> float:
        """CPU seconds of one delivery day's forecast."""
        return self.forecast_s / max(self.forecasts, 1)

    @property
    def a_year_s(self) -> float:
        """CPU seconds of a year of daily forecasts and monthly fits, for those too that were run on a sample of the days.

        >>> round(Spent(fit_s=24, fits=12, forecast_s=5, forecasts=50).a_year_s, 1)
        60.5
        """
        return REFITS_A_YEAR * self.a_refit_s + DAYS_A_YEAR * self.a_day_s


@dataclass(frozen=True, kw_only=True)
class SpeedRow:
    """One run: what was spent inside, where it tells, and by the whole process."""

    key: str
    title: str
    spent: Spent | None
    cpu_s: float
    wall_s: float
    peak_mb: int


@dataclass(frozen=True, kw_only=True)
class CaseSpeed:
    """The runs of one case."""

    case: str
    title: str
    rows: tuple[SpeedRow, ...]


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Everything measured, as it is in the JSON file."""

    measured: Mapping[str, Any]
    reference: str
    cases: tuple[CaseSpeed, ...]
    skipped: Sequence[Mapping[str, str]]


def spent_in(printed: Mapping[str, Any], forecasts: pd.DataFrame) -> Spent | None:
    """The split that a run printed.

    Args:
        printed: a peer's line (`fit_s`, `fits`, `forecast_s`, `forecasts`), or our document: `fits`, `issues`, and `cpu_s` with the
            seconds of `fit`, `forecast` and `bands`, the quantiles, which peers count to forecasting.
        forecasts: what it forecast; `issued_at` and `model_version` count where the document does not.

    Returns:
        None where the document does not tell.

    >>> issues = pd.DataFrame({"issued_at": [1, 1, 2], "model_version": ["a", "a", "a"]})
    >>> spent_in({"cpu_s": {"fit": 9.0, "forecast": 1.0, "bands": 0.5}}, issues)
    Spent(fit_s=9.0, fits=1, forecast_s=1.5, forecasts=2)
    """
    work = printed.get("cpu_s")
    is_ours = isinstance(work, Mapping)
    seconds = work if is_ours else {"fit": printed.get("fit_s"), "forecast": printed.get("forecast_s")}
    if not all(isinstance(seconds.get(kind), int | float) for kind in ("fit", "forecast")):
        return None
    fits = printed.get("fits", forecasts["model_version"].nunique() if "model_version" in forecasts else REFITS_A_YEAR)
    days = printed.get("issues" if is_ours else "forecasts", forecasts["issued_at"].nunique())
    forecast_s = float(seconds["forecast"]) + float(seconds.get("bands", 0))
    return Spent(fit_s=float(seconds["fit"]), fits=int(fits), forecast_s=forecast_s, forecasts=int(days))


def speed_text(found: Speed) -> str:
    """The results in Markdown: a table for each case."""
    parts = [spoken(found.measured), skipped_lines(found.skipped)]
    for case in found.cases:
        parts += [f"### What {case.title} cost", speed_table(case.rows, found.reference)]
    return "\n\n".join(part for part in parts if part)


def speed_table(rows: Sequence[SpeedRow], reference: str) -> str:
    """CPU seconds and memory of everyone, the cheapest year first; the reference in bold."""
    head = ["", "a refit, CPU s", "a day's forecast", "a year of both", "days run", "whole process", "wall, s", "peak, MB"]
    ordered = sorted(rows, key=lambda row: row.spent.a_year_s if row.spent else row.cpu_s)
    return markdown_table(head, [_speed_row(row, bold=row.key == reference) for row in ordered])


def _speed_row(row: SpeedRow, *, bold: bool) -> list[str]:
    spent = row.spent
    inside = (
        [f"{spent.a_refit_s:.2f}", f"{spent.a_day_s:.3f}", f"{spent.a_year_s:,.0f}", str(spent.forecasts)] if spent else [""] * 4
    )
    cells = [row.title, *inside, f"{row.cpu_s:,.0f}", f"{row.wall_s:,.0f}", f"{row.peak_mb:,}"]
    return [f"**{cell}**" if bold and cell else cell for cell in cells]
