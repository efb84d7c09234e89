"""Trainings and tunings recorded online: what the real client sends, run by run."""

import json
from datetime import datetime

import pytest
from dagster import PathMetadataValue

from energy_dagster.io_managers.recipe_store import RecipeStore
from energy_dagster_tests.contract.wandb_fixtures import (
    NEXT_WEEK,
    WEEK,
    House,
    house,
    metadata_of,
    newest_of,
    page_of,
    standin,
    told_of,
)
from energy_dagster_tests.tunings import tuning

__all__ = ["house", "standin"]  # fixtures

pytestmark = pytest.mark.contract
TRAINING = "forecast_model"


def test_a_training_is_a_run_that_tells_how_the_model_was_made_and_how_good_it_is(house: House) -> None:
    result = house.run(TRAINING, WEEK)
    (run,) = house.standin.account.runs.values()
    assert run.name == f"forecast_model-{WEEK}-{result.run_id[:8]}"
    assert page_of(result) == f"{house.standin.url}/team/energy-dagster/runs/{run.name}"
    assert (run.said("jobType"), run.said("groupName")) == ("training", "forecast_model")
    assert set(run.said("tags")) == {"forecast_model", WEEK, "champion", "sandbox"}
    meta = house.models.read_meta(newest_of(house))
    assert run.config["recipe"] == json.loads(json.dumps(meta.parameters))
    told = {name: run.config[name] for name in ("seed", "tuning_version", "code_version", "training_start", "dagster_run_id")}
    assert told == {
        "seed": 7,
        "tuning_version": "own",
        "code_version": meta.code,
        "training_start": meta.training_start,
        "dagster_run_id": result.run_id,
    }
    assert run.summary["verdict"] == "champion"
    assert run.summary["reason"] == "a test"
    assert run.summary["mae_mwh"] == 40
    assert run.summary["DK1/wape_pct"] == 2.5
    assert run.summary["lead 25-48/skill"] == pytest.approx(1 - 40 / 70)
    assert {"held_out_scores", "calibration_table", "feature_importance_table"} <= set(run.summary)
    assert run.finished == 1


def test_the_artifact_is_the_model_as_it_is_kept(house: House) -> None:
    house.run(TRAINING, WEEK)
    (artifact,) = house.standin.account.models()
    version = newest_of(house)
    assert artifact.collection == "forecast_model"
    assert house.standin.account.content(artifact) == house.models.contents(version)
    assert {"model.txt", "kernel-DK1.npz", "meta.json"} == set(house.standin.account.content(artifact))
    assert artifact.metadata["verdict"] == "champion"


def test_a_promotion_moves_the_alias_and_is_linked_to_the_registry(house: House) -> None:
    house.run(TRAINING, NEXT_WEEK)
    house.run(TRAINING, NEXT_WEEK)
    before, now = house.standin.account.models()
    assert now.aliases == {"latest", "champion", NEXT_WEEK, f"lgbm-{NEXT_WEEK}-2"}
    assert before.aliases == {f"lgbm-{NEXT_WEEK}-1"}
    assert [link.artifact for link in house.standin.account.links] == [before, now]
    link = house.standin.account.links[-1]
    assert (link.project, link.collection, link.entity) == ("wandb-registry-model", "forecast-model", "organization-entity")
    assert "champion" in link.aliases


def test_a_challenger_leaves_the_champion_its_alias(house: House) -> None:
    house.run(TRAINING, NEXT_WEEK)
    house.verdicts[NEXT_WEEK] = "challenger"
    house.run(TRAINING, NEXT_WEEK)
    champion, challenger = house.standin.account.models()
    assert "champion" in champion.aliases
    assert {"challenger", "latest"} <= challenger.aliases
    assert len(house.standin.account.links) == 1


def test_the_champion_of_a_week_gone_by_is_not_promoted(house: House) -> None:
    house.run(TRAINING, NEXT_WEEK)
    house.run(TRAINING, WEEK)
    newest, gone_by = house.standin.account.models()
    assert "champion" in newest.aliases
    assert not {"champion", "challenger"} & gone_by.aliases


def test_a_retry_is_the_same_run_and_a_new_materialization_another(house: House) -> None:
    first = house.run(TRAINING, WEEK)
    house.try_again(first, TRAINING)
    (run,) = house.standin.account.runs.values()
    assert run.finished == 2
    house.run(TRAINING, WEEK)
    assert len(house.standin.account.runs) == 2


def test_the_trials_of_a_tuning_are_a_group(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    tuned = tuning(cut=datetime(2025, 10, 27))  # noqa: DTZ001 - naive UTC
    monkeypatch.setattr("energy_dagster.defs.training.tune", lambda *_, **__: tuned)
    result = house.run("tuned_parameters")
    runs = house.standin.account.runs
    group = f"tuned_parameters-{result.run_id[:8]}"
    assert set(runs) == {f"{group}-trial-000", f"{group}-trial-001", f"{group}-summary"}
    assert {run.said("groupName") for run in runs.values()} == {group}
    assert runs[f"{group}-trial-001"].config["point"] == tuned.trials[1].point
    assert runs[f"{group}-trial-001"].summary["error_pct"] == pytest.approx(2.8)
    summary = runs[f"{group}-summary"]
    assert (summary.summary["taken"], summary.summary["trials"]) == (True, 2)
    assert summary.config["tuning_version"] == RecipeStore(house.settings.lake).versions()[-1]
    steps = [json.loads(line) for _, line in sorted(summary.history.items())]
    assert [step["best_error_pct"] for step in steps[:2]] == pytest.approx([3.0, 2.8])
    assert told_of(result, "tuned_parameters") == "3 uploaded"


def test_what_was_kept_before_is_uploaded_first(house: House) -> None:
    house.settings = house.settings.model_copy(update={"experiments": "offline"})
    offline = house.run(TRAINING, NEXT_WEEK)
    assert isinstance(metadata_of(offline, TRAINING)["experiment"], PathMetadataValue)
    assert house.standin.requests == []
    house.settings = house.settings.model_copy(update={"experiments": "auto"})
    house.run(TRAINING, NEXT_WEEK)
    before, now = house.standin.account.models()
    assert (before.run, "champion" in now.aliases) == (f"forecast_model-{NEXT_WEEK}-{offline.run_id[:8]}", True)
    assert house.waiting() == []
