"""What the accuracy benchmark found, and the text it makes of it for the page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.comparison import Gap, LeadScore, Standing
from benchmarks.results import markdown_table, skipped_lines, spoken
from energy_dagster.domain.backtest_scores import Cell

NONE = ""
"""What a cell shows where there is no number."""

WITHOUT_DECIMALS_FROM = 1000
"""MWh from which on a decimal says nothing."""


@dataclass(frozen=True, kw_only=True)
class CaseResult:
    """Everyone on one case.

    Attributes:
        case: Its key.
        title: Its name in tables.
        year_hours: Hours to forecast.
        standings: Best first, who forecasts every n-th day last.
    """

    case: str
    title: str
    year_hours: int
    standings: tuple[Standing, ...]


@dataclass(frozen=True, kw_only=True)
class RollingResult:
    """Errors by lead of our forecasts of one case, issued around the clock."""

    case: str
    title: str
    leads: tuple[LeadScore, ...]


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """Everything measured, as it is in the JSON file.

    Attributes:
        measured: When and on what machine.
        reference: Key of the entrant that the others are compared with.
        cases: At the gate.
        rolling: Around the clock.
        skipped: What was not run, and why.
    """

    measured: Mapping[str, Any]
    reference: str
    cases: tuple[CaseResult, ...]
    rolling: tuple[RollingResult, ...]
    skipped: Sequence[Mapping[str, str]]


def accuracy_text(found: Accuracy) -> str:
    """The results in Markdown: for each case the scores and the differences, then the errors by lead."""
    parts = [spoken(found.measured), skipped_lines(found.skipped)]
    for case in found.cases:
        parts += [f"### {case.title}", _hours_line(case), scores_table(case.standings, found.reference)]
        parts += gaps_table(case.standings, found.reference)
    if found.rolling:
        parts += ["### Around the clock", leads_table(found.rolling)]
    return "\n\n".join(part for part in parts if part)


def _hours_line(case: CaseResult) -> str:
    scored = max(one.hours for one in case.standings)
    lacking = [f"{one.title} lacks {one.lacking_hours}" for one in case.standings if one.lacking_hours]
    why = "; ".join(["the load of the rest is not known, or a forecast of it", *lacking])
    return f"Scored: {scored:,} of {case.year_hours:,} hours{f' ({why})' if scored < case.year_hours else ''}."


def scores_table(standings: Sequence[Standing], reference: str) -> str:
    """Scores of everyone; the reference in bold."""
    head = ["", "days", "MAPE, %", "MAE", "RMSE", "bias", "pinball", "P10 to P90 holds, %", "its width", "skill, %"]
    return markdown_table(head, [_score_row(one, bold=one.key == reference) for one in standings])


def _score_row(one: Standing, *, bold: bool) -> list[str]:
    of = one.scores
    cells = [
        one.title,
        str(one.days),
        f"{number(of['mape_pct'])}{between(of, 'mape_pct')}",
        mwh(of["mae_mwh"]),
        mwh(of["rmse_mwh"]),
        mwh(of["bias_mwh"], signed=True),
        f"{mwh(of['pinball_deciles_mwh'])}{between(of, 'pinball_deciles_mwh', decimals=1)}",
        number(of["coverage_80"], times=100, decimals=1),
        mwh(of["width_80_mwh"]),
        number(of["skill"], times=100, decimals=0),
    ]
    return [f"**{cell}**" if bold and cell else cell for cell in cells]


def gaps_table(standings: Sequence[Standing], reference: str) -> Iterator[str]:
    """The reference less each other, differences beyond chance in bold; nothing without a reference."""
    compared = [one for one in standings if one.gaps is not None]
    if not compared:
        return
    own = next(one.title for one in standings if one.key == reference)
    head = [f"{own} less ..", "days", "MAPE, points", "MAE, MWh", "pinball, MWh"]
    yield markdown_table(head, [_gap_row(one, one.gaps or {}) for one in compared])


def _gap_row(one: Standing, gaps: Mapping[str, Gap]) -> list[str]:
    columns = {"mape_pct": 2, "mae_mwh": 1, "pinball_deciles_mwh": 1}
    return [one.title, str(one.days), *(gap_cell(gaps.get(name), decimals=decimals) for name, decimals in columns.items())]


def gap_cell(gap: Gap | None, *, decimals: int) -> str:
    """A difference with its interval, bold where the interval leaves out zero.

    >>> gap_cell(Gap(estimate=-0.44, low=-0.7, high=-0.1), decimals=2)
    '**-0.44** [-0.70, -0.10]'
    """
    if gap is None or gap.estimate is None:
        return NONE
    estimate = f"{gap.estimate:+.{decimals}f}"
    interval = "" if gap.low is None else f" [{gap.low:+.{decimals}f}, {gap.high:+.{decimals}f}]"
    return f"{f'**{estimate}**' if gap.is_told_apart else estimate}{interval}"


def leads_table(rolling: Sequence[RollingResult]) -> str:
    """Mean absolute errors by lead, ours and the weekly naive's."""
    head = ["MAE, MWh, by lead in hours", *(_lead_name(lead.leads) for lead in rolling[0].leads)]
    rows = []
    for case in rolling:
        rows.append([f"{case.title}, ours", *(_lead_cell(lead) for lead in case.leads)])
        rows.append([f"{case.title}, weekly naive", *(mwh(lead.naive_mae_mwh) for lead in case.leads)])
    return markdown_table(head, rows)


def _lead_name(leads: str) -> str:
    return "-".join(str(int(part)) if part.isdigit() else part for part in leads.split("-"))


def _lead_cell(lead: LeadScore) -> str:
    interval = "" if lead.interval is None else f" [{mwh(lead.interval.low)}, {mwh(lead.interval.high)}]"
    return f"{mwh(lead.mae_mwh)}{interval}"


def number(cell: Cell, *, times: float = 1, decimals: int = 2) -> str:
    """A score, or nothing where there is none.

    >>> number(4.456), number(0.794, times=100, decimals=1), number(None)
    ('4.46', '79.4', '')
    """
    return NONE if cell is None else f"{times * float(cell):.{decimals}f}"


def mwh(cell: Cell, *, signed: bool = False) -> str:
    """Energy with as many digits as tell something.

    >>> mwh(97.46), mwh(1284.4), mwh(-3.0, signed=True), mwh(3.0, signed=True), mwh(None)
    ('97.5', '1,284', '-3.0', '+3.0', '')
    """
    if cell is None:
        return NONE
    decimals = 0 if abs(float(cell)) >= WITHOUT_DECIMALS_FROM else 1
    return f"{float(cell):{'+' if signed else ''},.{decimals}f}"


def between(scores: Mapping[str, Cell], score: str, *, decimals: int = 2) -> str:
    """The interval of a score as from `backtest_scores.as_rows`, or nothing where there is none.

    >>> between({"mape_pct_low": 3.9, "mape_pct_high": 4.2}, "mape_pct")
    ' [3.90, 4.20]'
    """
    low, high = scores.get(f"{score}_low"), scores.get(f"{score}_high")
    return "" if low is None or high is None else f" [{float(low):.{decimals}f}, {float(high):.{decimals}f}]"
