import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from energy_dagster.domain.contracts import conform
from energy_dagster.domain.issues import LEADS, IssueRows, issue_matrix
from energy_dagster.domain.linear_inputs import INPUTS, LOG_INPUTS, SEASONAL_INPUTS, WEATHER_INPUTS
from energy_dagster.domain.model import (
    ModelMeta,
    TrainedModel,
    area_numbers,
    from_text,
    linear_to_text,
    local_hours_of,
    model_row,
    to_text,
)
from energy_dagster.domain.positions import Ints
from energy_dagster.domain.tables import MODELS
from energy_dagster_tests.domain.synthetic import RawHistory, at


def rows_now(of: RawHistory) -> tuple[IssueRows, Ints]:
    """The rows of DK1 at the present, and their local hours."""
    history = of.histories["DK1"]
    rows = issue_matrix(history, np.full(48, history.position(of.now)), LEADS, area_number=0)
    return rows, local_hours_of(history, rows.hour)


def test_the_meta_survives_its_json(champion: TrainedModel) -> None:
    assert ModelMeta.from_json(champion.meta.to_json()) == champion.meta


def test_a_model_survives_its_text(half_year: RawHistory, champion: TrainedModel) -> None:
    rows, local = rows_now(half_year)
    again = from_text(to_text(champion), linear_to_text(champion), champion.meta)
    np.testing.assert_array_equal(again.line(rows, "DK1", local), champion.line(rows, "DK1", local))


def test_a_text_that_is_no_model_is_refused(champion: TrainedModel) -> None:
    with pytest.raises(ValueError, match=f"expected a LightGBM model as text for {champion.meta.model_version}"):
        from_text("no model", linear_to_text(champion), champion.meta)


def test_a_model_without_a_linear_member_of_each_area_is_refused(champion: TrainedModel) -> None:
    with pytest.raises(ValueError, match="expected a linear member of DK1, DK2, found none"):
        from_text(to_text(champion), "{}", champion.meta)


def test_the_line_is_the_mean_of_trees_and_linear_member(half_year: RawHistory, champion: TrainedModel) -> None:
    rows, local = rows_now(half_year)
    trees = champion.engine.booster.predict(rows.matrix)
    linear = champion.engine.linear["DK1"].predict(rows.linear, rows.lead, local)
    np.testing.assert_allclose(champion.engine.log_of(rows, "DK1", local) - rows.level, (trees + linear) / 2)


def test_a_line_that_has_not_seen_a_whole_year_knows_no_season(half_year: RawHistory, champion: TrainedModel) -> None:
    seasonal = [INPUTS.index(name) for name in SEASONAL_INPUTS]
    assert not champion.engine.linear["DK1"].slopes[..., seasonal].any()
    assert champion.engine.linear["DK1"].slopes[..., INPUTS.index("week_before_+0h")].any()


@pytest.mark.parametrize("absent", [slice(0, len(LOG_INPUTS) // 2), slice(-len(WEATHER_INPUTS), None)], ids=["hours", "weather"])
def test_the_trees_stand_alone_where_the_linear_member_lacks_its_inputs(
    half_year: RawHistory, champion: TrainedModel, absent: slice
) -> None:
    rows, local = rows_now(half_year)
    inputs = rows.linear.copy()
    inputs[:, absent] = np.nan
    alone = champion.engine.log_of(replace(rows, linear=inputs), "DK1", local)
    np.testing.assert_array_equal(alone, champion.engine.booster.predict(rows.matrix) + rows.level)


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
    assert json.loads(row["parameters"])["num_iterations"] == 30


def test_areas_are_numbered_in_their_order() -> None:
    assert area_numbers(("DK1", "DK2")) == {"DK1": 0, "DK2": 1}


def test_local_hours_follow_the_clock_change(half_year: RawHistory) -> None:
    history = half_year.histories["DK1"]
    first = history.position(at("2026-03-28T23:00"))
    assert local_hours_of(history, np.arange(first, first + 4)).tolist() == [0, 1, 3, 4]


def test_against_a_naive_without_any_error_there_is_no_skill(champion: TrainedModel) -> None:
    frozen = replace(champion.meta, scores=replace(champion.meta.scores, naive_mae_mwh=0.0))
    assert frozen.scores.skill is None
    row = conform(MODELS, pd.DataFrame([model_row(frozen)]))
    assert row["holdout_skill"].isna().all()
