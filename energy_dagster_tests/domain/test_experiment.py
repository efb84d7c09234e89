from dataclasses import replace

import pytest

from energy_dagster.domain.experiment import Experiment, of_training, of_tuning
from energy_dagster.domain.model import ModelMeta, TrainedModel
from energy_dagster.domain.tables import LEAD_BUCKET_NAMES
from energy_dagster_tests.tunings import tuning

WEEK, ATTEMPT = "2026-08-31", "0123456789abcdef"


def recorded(meta: ModelMeta, *, promoted: bool = False) -> Experiment:
    return of_training(meta, week=WEEK, attempt=ATTEMPT, promoted=promoted)


@pytest.mark.parametrize(
    ("verdict", "promoted", "role"),
    [("champion", True, {"champion"}), ("champion", False, set()), ("challenger", False, {"challenger"})],
)
def test_only_the_newest_champion_has_that_alias(champion: TrainedModel, verdict: str, *, promoted: bool, role: set[str]) -> None:
    meta = replace(champion.meta, verdict="champion" if verdict == "champion" else "challenger")
    artifact = recorded(meta, promoted=promoted).artifact
    assert artifact is not None
    assert set(artifact.aliases) == {"latest", WEEK, meta.model_version} | role
    assert artifact.promoted is promoted


def test_scores_are_told_of_all_by_area_and_by_lead(champion: TrainedModel) -> None:
    summary = recorded(champion.meta).summary
    places = ["", *(f"{area}/" for area in champion.meta.areas), *(f"lead {bucket}/" for bucket in LEAD_BUCKET_NAMES)]
    assert {f"{place}{score}" for place in places for score in ("mae_mwh", "wape_pct", "naive_mae_mwh", "skill")} <= set(summary)
    assert summary["mae_mwh"] == champion.meta.scores.mae_mwh
    assert summary["reason"] == champion.meta.reason
    assert None not in summary.values()


def test_calibration_is_drawn_by_lead_and_importance_from_the_most_on(champion: TrainedModel) -> None:
    charts = recorded(champion.meta).charts
    assert {row[0] for row in charts["calibration"].table.rows} == {"all", *LEAD_BUCKET_NAMES}
    assert [row[1] for row in charts["calibration"].table.rows[:5]] == [20, 40, 60, 80, 90]
    gains = [row[1] for row in charts["feature_importance"].table.rows]
    assert gains == sorted(gains, reverse=True)


def test_a_model_from_before_scores_were_kept_is_told_without_them(champion: TrainedModel) -> None:
    told = recorded(replace(champion.meta, held_out=()))
    assert (set(told.charts), told.tables) == ({"feature_importance"}, {})
    assert told.summary["skill"] == champion.meta.scores.skill


def test_a_tuning_is_told_trial_by_trial_and_summed_up() -> None:
    *trials, whole = of_tuning(tuning(), version="v1", attempt=ATTEMPT)
    assert [trial.run_id for trial in trials] == [f"tuned_parameters-01234567-trial-00{number}" for number in (0, 1)]
    assert {one.group for one in (*trials, whole)} == {"tuned_parameters-01234567"}
    assert [step["best_error_pct"] for step in whole.history] == pytest.approx([3.0, 2.8])
    assert (whole.config["tuning_version"], whole.summary["taken"]) == ("v1", True)
