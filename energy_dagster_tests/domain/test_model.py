import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from energy_dagster.domain.calibration import DAY_TYPES
from energy_dagster.domain.clock_grid import ClockGrid
from energy_dagster.domain.contracts import conform
from energy_dagster.domain.issues import LEADS, IssueRows, issue_matrix
from energy_dagster.domain.kernel import KernelParameters
from energy_dagster.domain.model import (
    KERNEL_WEIGHT,
    ModelMeta,
    Recipe,
    TrainedModel,
    area_numbers,
    band_rows,
    from_parts,
    kernels_to_bytes,
    local_hours_of,
    model_row,
    to_text,
)
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster.domain.tables import MODELS
from energy_dagster_tests.domain.synthetic import RawHistory, at

Archives = dict[str, bytes]


@pytest.fixture(scope="module")
def archives(champion: TrainedModel) -> Archives:
    return kernels_to_bytes(champion)


def rows_now(history: SeriesHistory, of: RawHistory) -> IssueRows:
    """The rows of a history at the present."""
    return issue_matrix(history, np.full(48, history.position(of.now)), LEADS, area_number=0)


def test_the_meta_survives_its_json(champion: TrainedModel) -> None:
    assert ModelMeta.from_json(champion.meta.to_json()) == champion.meta


def test_a_model_survives_its_parts(half_year: RawHistory, champion: TrainedModel, archives: Archives) -> None:
    again = from_parts(to_text(champion), archives, champion.meta)
    for area in ("DK1", "DK2"):
        history = half_year.histories[area]
        rows = rows_now(history, half_year)
        np.testing.assert_array_equal(again.line(history, rows), champion.line(history, rows))


def test_a_text_that_is_no_model_is_refused(champion: TrainedModel, archives: Archives) -> None:
    with pytest.raises(ValueError, match=f"expected a LightGBM model as text for {champion.meta.model_version}"):
        from_parts("no model", archives, champion.meta)


@pytest.mark.parametrize(("there", "found"), [((), "none"), (("DK1",), "DK1"), (("DK1", "DK2", "SE3"), "DK1, DK2, SE3")])
def test_a_model_without_just_one_kernel_member_of_each_area_is_refused(
    champion: TrainedModel, archives: Archives, there: tuple[str, ...], found: str
) -> None:
    with pytest.raises(ValueError, match=f"expected a kernel member of DK1, DK2, found {found}$"):
        from_parts(to_text(champion), dict.fromkeys(there, archives["DK1"]), champion.meta)


@pytest.mark.parametrize(
    "parameters", [{}, {"seed": 1, "num_leaves": 31}, {"seed": 1, "kernel": {"length": 1.0}}, {"seed": 1, "kernel": 1}]
)
def test_a_model_of_another_recipe_is_refused(champion: TrainedModel, archives: Archives, parameters: dict[str, Any]) -> None:
    meta = replace(champion.meta, parameters=parameters)
    with pytest.raises(ValueError, match=f"expected the recipe and the calibration of {meta.model_version}"):
        from_parts(to_text(champion), archives, meta)


@pytest.mark.parametrize("calibration", [{"DK1": [[[0.0]]]}, {"DK1": {"cells": [[[0.0]]]}}, [1]])
def test_a_model_of_another_calibration_is_refused(champion: TrainedModel, archives: Archives, calibration: Any) -> None:
    meta = replace(champion.meta, calibration=calibration)
    with pytest.raises(ValueError, match=f"expected the recipe and the calibration of {meta.model_version}"):
        from_parts(to_text(champion), archives, meta)


@pytest.mark.parametrize("weight", [KERNEL_WEIGHT, 0.25])
def test_the_line_is_the_weighted_mean_of_trees_and_kernel_member(
    half_year: RawHistory, champion: TrainedModel, archives: Archives, weight: float
) -> None:
    meta = replace(champion.meta, parameters=replace(champion.meta.recipe, kernel_weight=weight).to_fields())
    engine = from_parts(to_text(champion), archives, meta).engine
    history = half_year.histories["DK1"]
    rows = rows_now(history, half_year)
    trees = np.asarray(engine.booster.predict(rows.matrix))
    kernel = engine.kernels["DK1"].log_of(ClockGrid(history), rows.issue, rows.lead)
    np.testing.assert_allclose(engine.log_of(history, rows) - rows.level, weight * kernel + (1 - weight) * trees)


def test_the_line_is_the_median_of_its_area_at_the_hours_it_is_for(half_year: RawHistory, champion: TrainedModel) -> None:
    history, calibration = half_year.histories["DK2"], champion.calibration("DK2")
    assert calibration is not None
    rows = rows_now(history, half_year)
    shift = calibration.median_shift(band_rows(history, rows.hour, rows.lead))
    np.testing.assert_allclose(champion.line(history, rows), np.exp(champion.engine.log_of(history, rows) + shift))


def test_the_trees_stand_alone_where_the_kernel_member_has_no_regression(half_year: RawHistory, champion: TrainedModel) -> None:
    history = half_year.histories["DK1"]
    rows, member = rows_now(history, half_year), champion.engine.kernels["DK1"]
    kept = {key: learned for key, learned in member.learned.items() if key[1] != 1}  # not of tomorrow
    engine = replace(champion.engine, kernels={"DK1": replace(member, learned=kept)})
    tomorrow = (LEADS > 6) & (LEADS <= 30)  # it is 17:00 local
    trees = engine.booster.predict(rows.matrix) + rows.level
    np.testing.assert_array_equal((engine.log_of(history, rows) == trees), tomorrow)


def test_the_trees_stand_alone_where_an_hour_of_the_newest_day_has_no_stand_in(
    half_year: RawHistory, champion: TrainedModel
) -> None:
    history = half_year.histories["DK1"]
    preliminary = history.preliminary.copy()
    preliminary[history.position(half_year.now) - 10 - 24 * np.arange(40)] = np.nan
    bare = replace(history, preliminary=preliminary)
    rows = rows_now(bare, half_year)
    assert np.isfinite(rows.level).all()
    np.testing.assert_array_equal(champion.engine.log_of(bare, rows), champion.engine.booster.predict(rows.matrix) + rows.level)


def test_a_recipe_survives_its_fields() -> None:
    kernel = replace(KernelParameters(), noise=0.5, linear={"means": 1.0})
    recipe = Recipe(3, kernel=kernel, kernel_weight=0.4, trees={"max_bin": 63})
    assert Recipe.from_fields(json.loads(json.dumps(recipe.to_fields()))) == recipe


def test_a_recipe_may_be_no_more_than_a_seed() -> None:
    assert Recipe.from_fields({"seed": 3}) == Recipe(3)


def test_the_recipe_of_a_model_is_the_one_it_was_made_by(champion: TrainedModel) -> None:
    assert champion.meta.recipe == Recipe(1)


def test_a_meta_of_other_features_is_refused(champion: TrainedModel) -> None:
    other = replace(champion.meta, features=("lead_hours",)).to_json()
    with pytest.raises(ValueError, match="was trained on other features than this code builds"):
        ModelMeta.from_json(other)


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '{"scores": {}}', '{"scores": 1, "areas": [], "features": []}'])
def test_a_text_that_is_no_meta_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ModelMeta.from_json(text)


@pytest.mark.parametrize("absent", ["scores", "areas", "features", "verdict", "calibration"])
def test_a_meta_that_lacks_a_field_is_refused(champion: TrainedModel, absent: str) -> None:
    fields = json.loads(champion.meta.to_json())
    del fields[absent]
    with pytest.raises(ValueError, match=r"expected the fields of a model's meta\.json"):
        ModelMeta.from_json(json.dumps(fields))


def test_a_model_is_a_row_of_the_table(champion: TrainedModel) -> None:
    row = conform(MODELS, pd.DataFrame([model_row(champion.meta)])).iloc[0]
    assert row["verdict"] == "champion"
    assert row["areas"] == "DK1,DK2"
    assert row["holdout_skill"] == champion.meta.scores.skill
    assert np.isnan(row["holdout_champion_mae_mwh"])
    assert json.loads(row["parameters"])["trees"]["num_iterations"] == 30


def test_areas_are_numbered_in_their_order() -> None:
    assert area_numbers(("DK1", "DK2")) == {"DK1": 0, "DK2": 1}


def test_local_hours_follow_the_clock_change(half_year: RawHistory) -> None:
    history = half_year.histories["DK1"]
    first = history.position(at("2026-03-28T23:00"))
    assert local_hours_of(history, np.arange(first, first + 4)).tolist() == [0, 1, 3, 4]


def test_a_band_depends_on_lead_local_hour_and_kind_of_day(half_year: RawHistory) -> None:
    history = half_year.histories["DK1"]
    hours = [
        history.position(at(text)) for text in ("2026-05-13T21:00", "2026-05-14T10:00", "2026-05-15T10:00", "2026-05-16T10:00")
    ]
    rows = band_rows(history, np.array(hours), np.array([1, 14, 38, 48]))
    assert rows.leads.tolist() == [1, 14, 38, 48]
    assert rows.local_hours.tolist() == [23, 12, 12, 12]
    assert [DAY_TYPES[number] for number in rows.day_types] == ["workday", "special", "special", "weekend"]


def test_against_a_naive_without_any_error_there_is_no_skill(champion: TrainedModel) -> None:
    frozen = replace(champion.meta, scores=replace(champion.meta.scores, naive_mae_mwh=0.0))
    assert frozen.scores.skill is None
    row = conform(MODELS, pd.DataFrame([model_row(frozen)]))
    assert row["holdout_skill"].isna().all()
