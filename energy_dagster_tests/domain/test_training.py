from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from energy_dagster.domain import model as model_module
from energy_dagster.domain import training as training_module
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.issues import FEATURES
from energy_dagster.domain.model import (
    HoldoutScores,
    TrainedModel,
    to_text,
)
from energy_dagster.domain.series_history import SeriesHistory, series_histories
from energy_dagster.domain.tables import LEAD_BUCKETS, QUANTILES, RAW_WEATHER
from energy_dagster.domain.training import HOLDOUT_HOURS, NEEDED_HOURS, TOLERANCE, NotEnoughHistory, train
from energy_dagster_tests.domain.synthetic import RawHistory, at, rewritten


def trained(
    histories: Mapping[str, SeriesHistory], serves_from: datetime, *, seed: int = 1, champion: TrainedModel | None = None
) -> TrainedModel:
    return train(histories, serves_from=serves_from, trained_at=at("2026-09-01"), seed=seed, champion=champion)


def served_from(half_year: RawHistory) -> datetime:
    return half_year.now - timedelta(hours=30)


def without(history: RawHistory, area: str, *, before: datetime) -> RawHistory:
    """The history in which an area ended at a moment."""

    def kept(rows: pd.DataFrame) -> pd.DataFrame:
        return rows[(rows["area"] != area) | (rows["hour_utc"] < before)]

    return replace(history, load=kept(history.load), settlement=kept(history.settlement))


def test_the_same_data_and_seed_give_the_same_model(half_year: RawHistory, champion: TrainedModel) -> None:
    again = trained(half_year.histories, served_from(half_year))
    assert to_text(again) == to_text(champion)
    assert again.meta.scores == champion.meta.scores
    assert again.meta.calibration == champion.meta.calibration


def test_another_seed_gives_another_model(half_year: RawHistory, champion: TrainedModel) -> None:
    assert to_text(trained(half_year.histories, served_from(half_year), seed=2)) != to_text(champion)


def test_nothing_published_after_the_cut_changes_a_model(half_year: RawHistory, champion: TrainedModel) -> None:
    other = trained(rewritten(half_year, served_from(half_year), seed=9).histories, served_from(half_year))
    assert to_text(other) == to_text(champion)
    assert other.meta == replace(champion.meta, trained_at=other.meta.trained_at, model_version=other.meta.model_version)


def test_the_twin_that_judges_has_not_seen_the_held_out_weeks(half_year: RawHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    cuts: list[int] = []
    fit = model_module.fit

    def noted(histories: object, areas: object, cut: Mapping[str, int], parameters: object) -> object:
        cuts.append(cut["DK1"])
        return fit(histories, areas, cut, parameters)  # type: ignore[arg-type]

    monkeypatch.setattr(training_module, "fit", noted)
    trained(half_year.histories, served_from(half_year))
    cut = half_year.histories["DK1"].position(served_from(half_year))
    assert sorted(cuts) == [cut - HOLDOUT_HOURS, cut]


def test_a_model_that_learned_the_pattern_is_champion(champion: TrainedModel) -> None:
    assert champion.meta.verdict == "champion"
    assert champion.meta.reason.startswith("beats the weekly naive: MAE ")
    assert (champion.meta.scores.skill or 0) > 0.1


def test_a_model_that_loses_to_the_naive_is_challenger(half_year: RawHistory) -> None:
    hour_of_week = half_year.load["hour_utc"].dt.dayofweek * 24 + half_year.load["hour_utc"].dt.hour
    wobble = np.random.default_rng(0).normal(0, 1e-4, len(half_year.load))
    repeated = half_year.load.assign(consumption_mwh=(1000 + 3 * hour_of_week) * (1 + wobble))
    history = replace(half_year, load=repeated, settlement=half_year.settlement.iloc[:0])
    meta = trained(history.histories, served_from(half_year)).meta
    assert meta.verdict == "challenger"
    assert meta.reason.startswith("does not beat the weekly naive: MAE ")
    assert (meta.scores.skill or 0) < 0


def scores(*, mae: float = 50.0, naive: float = 100.0, rival: float | None = None, champion: float | None = None) -> HoldoutScores:
    return HoldoutScores(mae_mwh=mae, naive_mae_mwh=naive, rival_mae_mwh=rival, champion_mae_mwh=champion, coverage_80=0.8)


@pytest.mark.parametrize(
    ("judged", "verdict", "reason"),
    [
        (scores(), "champion", "no champion to compare with"),
        (scores(mae=100.0), "challenger", "does not beat the weekly naive"),
        (scores(mae=float("nan")), "challenger", "does not beat the weekly naive"),
        (scores(rival=40.0, champion=45.0), "champion", "holds against the champion"),
        (scores(rival=100 * (1 + TOLERANCE), champion=100.0), "champion", "holds against the champion"),
        (scores(rival=100 * (1 + TOLERANCE) + 0.1, champion=100.0), "challenger", "worse than the champion"),
        (scores(mae=101.0, rival=1.0, champion=100.0), "challenger", "does not beat the weekly naive"),
    ],
)
def test_the_verdict_follows_the_scores_and_says_why(judged: HoldoutScores, verdict: str, reason: str) -> None:
    found, why = training_module._verdict(judged)
    assert found == verdict
    assert reason in why


def test_a_champion_of_the_same_week_has_nothing_to_be_compared_on(half_year: RawHistory, champion: TrainedModel) -> None:
    meta = trained(half_year.histories, served_from(half_year), champion=champion).meta
    assert meta.scores.champion_mae_mwh is None
    assert "no champion to compare with" in meta.reason


def test_an_older_champion_is_compared_on_the_issues_since_it_was_trained(half_year: RawHistory) -> None:
    older = trained(half_year.histories, served_from(half_year) - timedelta(days=21))
    meta = trained(half_year.histories, served_from(half_year), champion=older).meta
    assert meta.scores.champion_mae_mwh is not None
    assert meta.scores.rival_mae_mwh == pytest.approx(meta.scores.champion_mae_mwh, rel=0.1)
    assert "holds against the champion" in meta.reason


def test_too_short_a_history_is_refused_with_the_counts(spring: RawHistory) -> None:
    with pytest.raises(NotEnoughHistory) as caught:
        trained(spring.histories, spring.now)
    known = 75 * 24 + 15 - 2
    assert str(caught.value) == (
        f"expected {NEEDED_HOURS} known hours of DK1 or DK2 up to 2026-04-17 15:00 UTC, found {{'DK1': {known}, 'DK2': {known}}}"
    )


def test_no_history_at_all_is_refused() -> None:
    with pytest.raises(NotEnoughHistory, match=r"found \{\}"):
        trained({}, at("2026-04-17"))


@pytest.mark.parametrize("ended", ["2026-06-01", "2026-05-01", "2026-06-25"])
def test_an_area_that_ended_is_not_trained_on(half_year: RawHistory, ended: str) -> None:
    model = trained(without(half_year, "DK2", before=at(ended)).histories, served_from(half_year))
    assert model.meta.areas == ("DK1",)
    assert set(model.meta.calibration) == {"DK1"}


def test_an_area_whose_history_stops_before_the_held_out_weeks_is_not_trained_on(half_year: RawHistory) -> None:
    features = half_year.features()
    histories = series_histories(features[(features["area"] == "DK1") | (features["hour_utc"] < at("2026-05-25"))])
    assert trained(histories, served_from(half_year)).meta.areas == ("DK1",)


def test_an_area_of_which_only_settled_hours_are_known_is_not_trained_on(half_year: RawHistory) -> None:
    settled_only = replace(half_year, load=half_year.load[half_year.load["area"] == "DK1"])
    assert trained(settled_only.histories, served_from(half_year)).meta.areas == ("DK1",)


def test_a_model_knows_whether_it_had_weather(half_year: RawHistory, champion: TrainedModel) -> None:
    bare = replace(half_year, weather=empty(RAW_WEATHER))
    assert champion.meta.uses_weather
    assert not trained(bare.histories, served_from(half_year)).meta.uses_weather


def test_the_meta_tells_what_was_learned_from(half_year: RawHistory, champion: TrainedModel) -> None:
    meta = champion.meta
    assert meta.areas == ("DK1", "DK2")
    assert meta.training_start == half_year.start.isoformat()
    assert meta.training_end == (served_from(half_year) - timedelta(hours=3)).isoformat()
    assert meta.serves_from == served_from(half_year).isoformat()
    assert meta.model_version.startswith(f"lgbm-{served_from(half_year):%Y%m%d}-")
    assert 2 * 3 * 24 * 150 < meta.training_rows < 2 * 3 * 24 * 180


def test_the_importance_of_the_features_sums_to_one(champion: TrainedModel) -> None:
    assert set(champion.meta.importance) == set(FEATURES)
    assert sum(champion.meta.importance.values()) == pytest.approx(1)


def test_denmark_and_its_halves_are_calibrated(champion: TrainedModel) -> None:
    for area in ("DK", "DK1", "DK2"):
        cells = champion.cells(area)
        assert cells is not None
        assert cells.shape == (len(LEAD_BUCKETS), 24, len(QUANTILES))
    assert champion.cells("SE3") is None


def test_the_held_out_hours_are_mostly_inside_the_band(champion: TrainedModel) -> None:
    assert 0.65 < champion.meta.scores.coverage_80 < 0.95
