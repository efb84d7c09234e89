from dataclasses import replace
from datetime import timedelta

import pytest

from energy_dagster.domain.model import TrainedModel
from energy_dagster.domain.model_age import OLDEST_MODEL, model_is_young
from energy_dagster_tests.domain.synthetic import at

ISSUE = at("2026-11-23T00:00")


@pytest.mark.parametrize(
    ("age", "young"), [(timedelta(hours=5), True), (OLDEST_MODEL, True), (OLDEST_MODEL + timedelta(hours=1), False)]
)
def test_a_model_is_young_for_two_weeks(champion: TrainedModel, age: timedelta, young: bool) -> None:
    meta = replace(champion.meta, serves_from=(ISSUE - age).isoformat())
    finding = model_is_young(meta, issued_at=ISSUE)
    assert finding.passed == young
    assert finding.numbers == {
        "model age [days]": age / timedelta(days=1),
        "model version": champion.meta.model_version,
        "issue": "2026-11-23 00:00",
    }


def test_an_old_model_is_told_with_what_to_do(champion: TrainedModel) -> None:
    meta = replace(champion.meta, serves_from="2026-11-02T00:00:00")
    assert model_is_young(meta, issued_at=ISSUE).description == (
        "the model of 2026-11-23 00:00 UTC learned up to 21.0 days before; 14 may be: "
        "see the runs and the check of forecast_model in the weeks since, and materialize this week's"
    )


def test_no_model_at_all_is_told() -> None:
    finding = model_is_young(None, issued_at=ISSUE)
    assert not finding.passed
    assert "the weekly naive stands in" in finding.description
