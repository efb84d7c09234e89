import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from energy_dagster.domain.contracts import conform
from energy_dagster.domain.issues import LEADS, issue_matrix
from energy_dagster.domain.model import (
    ModelMeta,
    TrainedModel,
    area_numbers,
    from_text,
    local_hours_of,
    model_row,
    to_text,
)
from energy_dagster.domain.tables import MODELS
from energy_dagster_tests.domain.synthetic import RawHistory, at


def test_the_meta_survives_its_json(champion: TrainedModel) -> None:
    assert ModelMeta.from_json(champion.meta.to_json()) == champion.meta


def test_a_model_survives_its_text(half_year: RawHistory, champion: TrainedModel) -> None:
    history = half_year.histories["DK1"]
    rows = issue_matrix(history, np.full(48, history.position(half_year.now)), LEADS, area_number=0)
    again = from_text(to_text(champion), champion.meta)
    local = local_hours_of(history, rows.hour)
    np.testing.assert_array_equal(again.line(rows, "DK1", local), champion.line(rows, "DK1", local))


def test_a_text_that_is_no_model_is_refused(champion: TrainedModel) -> None:
    with pytest.raises(ValueError, match=f"expected a LightGBM model as text for {champion.meta.model_version}"):
        from_text("no model", champion.meta)


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
