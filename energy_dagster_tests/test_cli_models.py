"""`energy models`, as a person uses it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result
from dagster import AssetKey

from energy_dagster.cli import cli
from energy_dagster.instance import open_instance
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.store.reader import Store
from energy_dagster_tests.brought_up import BroughtUp
from energy_dagster_tests.test_cli import refused

WHY = ("--reason", "too high since Tuesday")


def run(own: BroughtUp, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["models", *arguments, "--data", str(own.data)])


def documented(own: BroughtUp, *arguments: str) -> Any:
    result = run(own, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_models_are_listed_newest_first_and_one_serves(brought_up: BroughtUp) -> None:
    listed = documented(brought_up, "list")
    assert [one["week"] for one in listed] == ["2025-10-27", "2025-10-20"]
    assert [one["serves"] for one in listed] == [True, False]
    words = run(brought_up, "list").output.split()
    assert all(one["model_version"] in words for one in listed), "a version is cut short and cannot be promoted"
    assert (words.count("champion,"), words.count("serves")) == (1, 1)


def test_a_rollback_and_a_promotion_are_kept_shown_and_followed(own_copy: BroughtUp) -> None:
    newest, before = (one["model_version"] for one in documented(own_copy, "list"))
    assert documented(own_copy, "rollback", *WHY, "--by", "the planner") == {
        "action": "withdrawn",
        "model_version": newest,
        "serves": before,
    }
    assert [one["stands_as"] for one in documented(own_copy, "list")] == ["withdrawn", "champion"]
    assert _serving(own_copy) == before
    result = run(own_copy, "promote", newest, "--reason", "it was the meter")
    assert f"From the next issue on {newest} serves." in result.output
    assert _serving(own_copy) == newest
    with Store(own_copy.settings.warehouse) as store:
        told = [(row.action, row.model_version, row.reason) for row in store.promotions().rows if row.decided_by != "training"]
        by = {row.decided_by for row in store.promotions().rows}
    assert told == [("promoted", newest, "it was the meter"), ("withdrawn", newest, "too high since Tuesday")]
    assert {"training", "the planner"} < by
    with open_instance(own_copy.data) as instance:
        observed = instance.fetch_observations(AssetKey("forecast_model"), limit=10).records
    assert [record.partition_key for record in observed] == ["2025-10-27", "2025-10-27"]


def test_when_every_model_is_withdrawn_the_naive_serves(own_copy: BroughtUp) -> None:
    for _ in range(2):
        last = run(own_copy, "rollback", *WHY)
    assert "the weekly naive serves" in last.output
    assert "expected a model that serves, found none" in refused(run(own_copy, "rollback", *WHY))


def test_an_unknown_model_is_refused_by_name(brought_up: BroughtUp) -> None:
    said = refused(run(brought_up, "promote", "lgbm-2031", *WHY))
    assert "found 'lgbm-2031'" in said
    assert "there are: lgbm-20251027" in said


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_decision_needs_a_reason(own_copy: BroughtUp, reason: str) -> None:
    assert "expected a sentence, found nothing" in refused(run(own_copy, "rollback", "--reason", reason))


def _serving(own: BroughtUp) -> str:
    store = ModelStore(own.settings.lake)
    kept = store.champion(at_or_before=f"{datetime.now(UTC).date()}")
    assert kept is not None
    return kept.model.meta.model_version
