"""Error drift: whether the forecasts have become worse than they were, or their intervals dishonest.

The mean absolute error of a day is a noisy thing: its log has a standard deviation of 0.40 to 0.46 in one area, and neighbouring
days go together. Three things make a rise visible sooner: areas and leads are taken together, by the mean of the logs; days that
are hard for the weekly naive as well count less; and public holidays, bridge days and the days around Christmas, which have
errors of their own, do not count. What is left has a standard deviation of 0.30 and an autocorrelation of 0.26 (0.31 and 0.30 on
the recorded load of 2020).

Sources: Page (1954), "Continuous inspection schemes", for the cumulative sum; Lai (1995), "Sequential changepoint detection in
quality control and dynamical systems", for letting it look back over a window only; Johnson and Bagshaw (1974), "The effect of
serial correlation on the performance of CUSUM tests", for the variance of dependent days; Lavenberg and Welch (1981), "A
perspective on the use of control variables", for the naive's part; Kish (1965), "Survey Sampling", section 8.2, for the effective
number of hours; Clopper and Pearson (1934), "The use of confidence or fiducial limits", for the bounds of a share.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import betaincinv

from energy_dagster.domain.calendar import HOLIDAY, day_kind
from energy_dagster.domain.quality import Finding
from energy_dagster.domain.tables import series_id

Floats = npt.NDArray[np.float64]

RECENT_DAYS = 14
"""How far back a rise may have begun."""

BASELINE_DAYS, NEEDS_BASELINE_DAYS = 56, 42
"""Judged days before those that a rise is measured against, and the fewest that will do."""

HISTORY_DAYS = 98
"""Calendar days to read: room for the days that do not count."""

NEEDS_HOURS = 20
"""Fewest judged hours of a day for it to count."""

NEEDS_SHARE = 0.9
"""Share of the days on which a series and lead must be there to be looked at: one that came or went would shift the mean."""

NOTABLE_RISE = 0.3
"""The rise of the MAE that is looked for; a larger one is found sooner."""

NAIVE_SHARE = 0.3
"""Power of the weekly naive's MAE that an ordinary day's MAE goes with; 0.2 to 0.4 do equally well."""

AUTOCORRELATION = 0.3
"""Of the log errors, from one day to the next."""

LEAST_SD = 0.1
"""No day's log error is steadier than this; a baseline that is was an accident."""

EVIDENCE = 3.0
"""Log likelihood ratio from which on a rise is told.

Simulated with the measured noise (standard deviation 0.30, autocorrelation 0.3) and looked at every day, this gives 2 false alarms
a year, finds a rise of 30 % after 11 days in the median, one of 50 % after 6, and twice the errors after 3. The tests measure it.
"""

COVERAGE_DAYS = 28
NOMINAL_COVERAGE = 0.8

COVERAGE_AUTOCORRELATION = 0.4
"""Of the share of a day's hours inside P10 to P90, from one day to the next."""

COVERAGE_ALPHA = 0.003
"""Chance, at most, that an honest interval is doubted on a day; looked at every day, once in 7 years. The tests measure it."""

_GROUP = ["area", "consumer_group", "lead_bucket"]


@dataclass(frozen=True)
class Rise:
    """The most likely rise: evidence for it, and how many of the newest days it has lasted."""

    evidence: float
    days: int


def page_statistic(recent: Floats, baseline: Floats) -> Rise:
    """The largest log likelihood ratio, over the days on which a rise may have begun, of it against none.

    With m and s the mean and standard deviation of the baseline, D = log(1 + NOTABLE_RISE), r the autocorrelation and
    v = s^2 (1 + r) / (1 - r): max over k of the sum over the last k days of D / v * (x - m - D / 2).

    Args:
        recent: log errors of the newest days, in order.
        baseline: log errors of the days before, at least two.

    >>> flat = np.zeros(56)
    >>> page_statistic(np.zeros(14), flat), page_statistic(np.r_[np.zeros(9), np.full(5, 0.3)], flat).days
    (Rise(evidence=0.0, days=0), 5)
    """
    step = np.log1p(NOTABLE_RISE)
    spread = max(float(baseline.std(ddof=1)), LEAST_SD)
    variance = spread**2 * (1 + AUTOCORRELATION) / (1 - AUTOCORRELATION)
    ratios = np.cumsum((step / variance * (recent - baseline.mean() - step / 2))[::-1])
    days = int(ratios.argmax()) + 1
    return Rise(float(ratios[days - 1]), days) if ratios[days - 1] > 0 else Rise(0.0, 0)


def coverage_bounds(shares: Floats, *, days: int) -> tuple[float, float, float]:
    """The mean of the newest days, and the bounds of the coverage that could have led to it, at `COVERAGE_ALPHA`.

    The shares of days vary more than those of independent hours would. The effective number of hours is the one whose binomial
    variance is that of the mean: p (1 - p) / (s^2 / days * (1 + r) / (1 - r)).

    Args:
        shares: share of each day's hours inside, in order, at least two; all of them tell how much days vary.
        days: how many of the newest days are judged.

    >>> mean, low, high = coverage_bounds(np.tile([0.7, 0.9], 28), days=28)
    >>> round(mean, 2), low < 0.8 < high
    (0.8, True)
    """
    mean = float(shares[-days:].mean())
    spread = float(shares.var(ddof=1)) / days * (1 + COVERAGE_AUTOCORRELATION) / (1 - COVERAGE_AUTOCORRELATION)
    hours = NOMINAL_COVERAGE * (1 - NOMINAL_COVERAGE) / max(spread, 1e-6)
    inside = mean * hours
    low = betaincinv(inside, hours - inside + 1, COVERAGE_ALPHA / 2) if mean > 0 else 0.0
    high = betaincinv(inside + 1, hours - inside, 1 - COVERAGE_ALPHA / 2) if mean < 1 else 1.0
    return mean, float(low), float(high)


def errors_have_not_drifted(errors: pd.DataFrame, *, until: datetime) -> Finding:
    """The forecasts' MAE has not risen within the last fortnight of judged days.

    Args:
        errors: rows of `error_metrics` of the `HISTORY_DAYS` before `until`.
        until: end of the newest day that counts, naive UTC midnight.
    """
    paired = errors.dropna(subset=["naive_abs_error_mwh"])
    mae, naive = (_daily(paired, column, until) for column in ("abs_error_mwh", "naive_abs_error_mwh"))
    positive = (mae > 0).all(axis=1) & (naive > 0).all(axis=1)
    mae, naive = mae[positive].tail(BASELINE_DAYS + RECENT_DAYS), naive[positive].tail(BASELINE_DAYS + RECENT_DAYS)
    if len(mae) < NEEDS_BASELINE_DAYS + RECENT_DAYS:
        return _too_short(len(mae), NEEDS_BASELINE_DAYS + RECENT_DAYS)
    logs = mae.apply(np.log) - NAIVE_SHARE * naive.apply(np.log)
    days = logs.mean(axis=1).to_numpy()
    rise = page_statistic(days[-RECENT_DAYS:], days[:-RECENT_DAYS])
    if rise.evidence > EVIDENCE:
        return _risen(rise, mae, logs)
    numbers: dict[str, float | int | str] = {"judged days": len(days), "evidence": rise.evidence, "evidence needed": EVIDENCE}
    return Finding(passed=True, description="the errors are as large as they were", numbers=numbers)


def _risen(rise: Rise, mae: pd.DataFrame, logs: pd.DataFrame) -> Finding:
    """Since when, by how much, and where most."""
    baseline = len(logs) - RECENT_DAYS
    rises = logs.tail(rise.days).mean() - logs.head(baseline).mean()
    area, group, leads = rises.index[int(rises.to_numpy().argmax())]
    most = float(np.expm1(rises.max()))
    since, larger = f"{mae.index[-rise.days]:%Y-%m-%d}", float(np.expm1(rises.mean()))
    was, is_now = (float(rows.to_numpy().mean()) for rows in (mae.head(baseline), mae.tail(rise.days)))
    told = (
        f"since {since} the errors are {larger:.0%} larger than the {baseline} days before and the weekly naive let expect "
        f"(MAE {is_now:.1f} MWh, was {was:.1f}), most so {series_id(area, group)} {leads} h ahead ({most:+.0%}): "
        "see inputs_have_not_drifted, then train this week's forecast_model again"
    )
    numbers: dict[str, float | int | str] = {"judged days": len(logs), "evidence": rise.evidence, "evidence needed": EVIDENCE}
    numbers |= {"rise": larger, "since": since, "MAE [MWh]": is_now, "MAE before [MWh]": was}
    return Finding(passed=False, description=told, numbers=numbers)


def coverage_has_not_drifted(errors: pd.DataFrame, *, until: datetime) -> Finding:
    """P10 to P90 held as many of the last four weeks' hours as an honest interval may.

    Args:
        errors: rows of `error_metrics` of the `HISTORY_DAYS` before `until`.
        until: end of the newest day that counts, naive UTC midnight.
    """
    shares = _daily(errors, "inside_80", until).mean(axis=1).tail(BASELINE_DAYS + RECENT_DAYS).to_numpy()
    if len(shares) < COVERAGE_DAYS:
        return _too_short(len(shares), COVERAGE_DAYS)
    mean, low, high = coverage_bounds(shares, days=COVERAGE_DAYS)
    honest = low <= NOMINAL_COVERAGE <= high
    told = f"P10 to P90 held {mean:.0%} of the hours of the last {COVERAGE_DAYS} judged days, {NOMINAL_COVERAGE:.0%} is nominal"
    if not honest:
        side = "too narrow" if mean < NOMINAL_COVERAGE else "too wide"
        told += f": the intervals are {side}; train this week's forecast_model again, which calibrates them"
    numbers: dict[str, float | int | str] = {"coverage": mean, "could be from": low, "could be up to": high}
    return Finding(passed=honest, description=told, numbers=numbers)


def _daily(errors: pd.DataFrame, column: str, until: datetime) -> pd.DataFrame:
    """Means of ordinary, fully judged days over the issues, (days, series and lead), against preliminary truth.

    The sum of the areas (DK) is left out; so is what was not there on most of the days.
    """
    start = pd.Timestamp(until) - pd.Timedelta(days=HISTORY_DAYS)
    inside = (errors["hour_utc"] >= start) & (errors["hour_utc"] < pd.Timestamp(until))
    rows = errors[inside & (errors["vintage"] == "preliminary") & (errors["area"] != "DK")]
    rows = rows.assign(day=rows["hour_utc"].dt.floor("D"), weighted=rows[column] * rows["issues"])
    sums = rows.groupby(["day", *_GROUP]).agg(total=("weighted", "sum"), issues=("issues", "sum"), hours=("hour_utc", "nunique"))
    whole = sums[sums["hours"] >= NEEDS_HOURS]
    means = (whole["total"] / whole["issues"]).rename("mean").reset_index()
    table = means.pivot_table("mean", index="day", columns=_GROUP)
    table = table[[day_kind(day.date()) < HOLIDAY for day in table.index]]
    return table.loc[:, table.notna().mean() >= NEEDS_SHARE].dropna()


def _too_short(days: int, needed: int) -> Finding:
    return Finding(
        passed=True,
        description=f"{days} ordinary days are judged yet; {needed} are needed to tell",
        numbers={"judged days": days},
    )
