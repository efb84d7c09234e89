"""Pieces of HTML of the monitoring page: summed-up scores, the models and their verdicts, how new the data is."""

from collections.abc import Sequence

from energy_dagster.domain.tables import TABLES
from energy_dagster.store.rows import Freshness, Model, Score
from ui.charts.daily import COVERAGE_TARGET
from ui.data import ALL_LEADS
from ui.fragments import Card, notice, table
from ui.wording import ABSENT, megawatt_hours, per_cent, short_moment

NOTHING_SCORED = notice("No forecast has been scored in this period", "Errors appear about two hours after an hour has ended.")


def score_cards(scores: Sequence[Score]) -> list[Card]:
    """Skill, mean error, bias and coverage over every lead of the period."""
    score = next((row for row in scores if row.lead_bucket == ALL_LEADS), None)
    if score is None:
        return []
    return [
        Card("Skill", per_cent(score.skill), "", "mean error against the weekly naive's; 0 % is no better"),
        Card("Mean error", megawatt_hours(score.mae_mwh), "MWh", f"weekly naive {megawatt_hours(score.naive_mae_mwh)} MWh"),
        Card("Mean error of consumption", per_cent(score.wape, decimals=1), "", f"over {score.hours} hours, every lead"),
        Card("Bias", f"{round(score.bias_mwh) or 0:+,}", "MWh", "above zero: forecasts were too high"),
        Card("Inside P10 to P90", per_cent(score.coverage_80), "", f"{per_cent(COVERAGE_TARGET)} were promised"),
    ]


def models_table(models: Sequence[Model]) -> str:
    """Every trained model with its verdict."""
    rows = [
        (
            model.model_version,
            model.verdict,
            model.reason,
            short_moment(model.serves_from),
            per_cent(model.holdout_skill),
            megawatt_hours(model.holdout_mae_mwh),
            megawatt_hours(model.holdout_naive_mae_mwh),
            per_cent(model.holdout_coverage_80),
        )
        for model in models
    ]
    headings = ("Model", "Verdict", "Why", "Serves from", "Skill", "Mean error, MWh", "Weekly naive, MWh", "Inside P10 to P90")
    if not rows:
        return table(("Model",), [("No model has been trained yet; the weekly naive is served",)], caption="Models")
    return table(headings, rows, caption="Models and their held-out scores, newest first", text_columns=4, wrapped=2)


def freshness_table(freshness: Sequence[Freshness]) -> str:
    """How new each table is."""
    rows = [
        (
            row.table,
            TABLES[row.table].row if row.table in TABLES else "",
            short_moment(row.newest) if row.newest else ABSENT,
            f"{row.rows:,}",
        )
        for row in freshness
    ]
    return table(("Table", "One row is", "Newest", "Rows"), rows, caption="How new the data is", text_columns=3, wrapped=1)
