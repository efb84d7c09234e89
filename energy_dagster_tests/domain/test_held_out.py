import json

import numpy as np
import pytest

from energy_dagster.domain.held_out import NOMINALS, HeldOutScore, JudgedHours, held_out_scores
from energy_dagster.domain.model import ModelMeta, TrainedModel
from energy_dagster.domain.tables import QUANTILES


def judged(lead: list[int], *, error: float, naive_error: float, half_width: float) -> JudgedHours:
    """Hours of 100 MWh, with bands that are wide at every level or at none."""
    actual = np.full(len(lead), 100.0)
    sides = np.sign(np.array(QUANTILES) - 0.5) * half_width
    return JudgedHours(np.array(lead), actual + error, actual, actual + naive_error, actual[:, None] + sides)


def by_place(scores: tuple[HeldOutScore, ...]) -> dict[tuple[str, str], HeldOutScore]:
    return {(one.area, one.lead_bucket): one for one in scores}


def test_scores_are_of_each_area_and_bucket_with_hours_and_of_all() -> None:
    found = by_place(
        held_out_scores(
            {
                "DK1": judged([1, 2, 30], error=10, naive_error=20, half_width=1),
                "DK2": judged([1], error=2, naive_error=20, half_width=1),
            }
        )
    )
    assert set(found) == {(area, bucket) for area in ("all", "DK1") for bucket in ("all", "01-06", "25-48")} | {
        ("DK2", "all"),
        ("DK2", "01-06"),
    }
    whole = found["all", "all"]
    assert (whole.hours, whole.mae_mwh, whole.wape_pct, whole.naive_mae_mwh) == (4, 8.0, 8.0, 20.0)
    assert whole.skill == pytest.approx(0.6)
    assert found["DK2", "01-06"].mae_mwh == 2.0


def test_an_interval_holds_all_or_nothing() -> None:
    (whole, *_) = held_out_scores({"DK1": judged([1, 2], error=0, naive_error=0, half_width=1)})
    assert whole.coverage_pct == dict.fromkeys(NOMINALS, 100.0)
    assert whole.skill is None


def test_a_trained_model_tells_the_same_as_its_scores(champion: TrainedModel) -> None:
    whole = by_place(champion.meta.held_out)["all", "all"]
    scores = champion.meta.scores
    assert whole.mae_mwh == pytest.approx(scores.mae_mwh)
    assert whole.naive_mae_mwh == pytest.approx(scores.naive_mae_mwh)
    assert whole.coverage_pct["80"] == pytest.approx(100 * scores.coverage_80)
    assert {one.area for one in champion.meta.held_out} == {"all", *champion.meta.areas}


def test_the_scores_are_kept_and_a_meta_without_them_is_read(champion: TrainedModel) -> None:
    assert ModelMeta.from_json(champion.meta.to_json()).held_out == champion.meta.held_out

    fields = json.loads(champion.meta.to_json())
    del fields["held_out"], fields["tuning"]
    assert ModelMeta.from_json(json.dumps(fields)).held_out == ()
