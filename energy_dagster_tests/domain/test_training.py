from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from energy_dagster.domain import model as model_module
from energy_dagster.domain import training as training_module
from energy_dagster.domain.calibration import DAY_TYPES
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.issue_plan import EVERY_HOUR, IssuePlan, every
from energy_dagster.domain.issues import FEATURES
from energy_dagster.domain.kernel_examples import NEEDED_ISSUES
from energy_dagster.domain.model import Fit, HoldoutScores, Recipe, TrainedModel, kernels_to_bytes, to_text
from energy_dagster.domain.series_history import SeriesHistory, series_histories
from energy_dagster.domain.tables import LEAD_BUCKETS, QUANTILES, RAW_WEATHER
from energy_dagster.domain.training import HOLDOUT_HOURS, HOLDOUT_PLAN, NEEDED_HOURS, TOLERANCE, NotEnoughHistory, train
from energy_dagster_tests.domain.conftest import TREE_ROWS
from energy_dagster_tests.domain.synthetic import RawHistory, at, rewritten


def trained(
    histories: Mapping[str, SeriesHistory], serves_from: datetime, *, seed: int = 1, champion: TrainedModel | None = None
) -> TrainedModel:
    return train(histories, serves_from=serves_from, trained_at=at("2026-09-01"), recipe=Recipe(seed), champion=champion)


def parts_of(model: TrainedModel) -> tuple[str, dict[str, bytes]]:
    return to_text(model), kernels_to_bytes(model)


def served_from(half_year: RawHistory) -> datetime:
    return half_year.now - timedelta(hours=30)


def without(history: RawHistory, area: str, *, before: datetime) -> RawHistory:
    """The history in which an area ended at a moment."""

    def kept(rows: pd.DataFrame) -> pd.DataFrame:
        return rows[(rows["area"] != area) | (rows["hour_utc"] < before)]

    return replace(history, load=kept(history.load), settlement=kept(history.settlement))


def test_the_same_data_and_seed_give_the_same_model(half_year: RawHistory, champion: TrainedModel) -> None:
    again = trained(half_year.histories, served_from(half_year))
    assert parts_of(again) == parts_of(champion)
    assert again.meta.scores == champion.meta.scores
    assert again.meta.calibration == champion.meta.calibration


@pytest.mark.usefixtures("few_issues")
def test_another_seed_gives_other_trees(half_year: RawHistory) -> None:
    texts = [to_text(trained(half_year.histories, served_from(half_year), seed=seed)) for seed in (1, 2)]
    assert texts[0] != texts[1]


def test_nothing_published_after_the_cut_changes_a_model(half_year: RawHistory, champion: TrainedModel) -> None:
    other = trained(rewritten(half_year, served_from(half_year), seed=9).histories, served_from(half_year))
    assert parts_of(other) == parts_of(champion)
    assert other.meta == replace(champion.meta, trained_at=other.meta.trained_at, model_version=other.meta.model_version)


def test_the_twin_that_judges_has_not_seen_the_held_out_weeks(half_year: RawHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[tuple[int, IssuePlan]] = []
    fit = model_module.fit

    def noting(
        histories: Mapping[str, SeriesHistory],
        areas: tuple[str, ...],
        cut: Mapping[str, int],
        recipe: Recipe,
        *,
        plan: IssuePlan = EVERY_HOUR,
        left_out: bool = False,
    ) -> Fit:
        noted.append((cut["DK1"], plan))
        return fit(histories, areas, cut, recipe, plan=every(6), left_out=left_out)

    monkeypatch.setattr(training_module, "fit", noting)
    trained(half_year.histories, served_from(half_year))
    cut = half_year.histories["DK1"].position(served_from(half_year))
    assert sorted(noted, key=lambda one: one[0]) == [(cut - HOLDOUT_HOURS, HOLDOUT_PLAN), (cut, EVERY_HOUR)]


def test_a_model_has_a_regression_of_every_hour_and_day_ahead(champion: TrainedModel) -> None:
    for area in ("DK1", "DK2"):
        learned = champion.engine.kernels[area].learned
        assert set(learned) == {(hour, ahead) for hour in range(24) for ahead in range(3)}
        assert all(len(one.issues) >= NEEDED_ISSUES for one in learned.values())


@pytest.mark.usefixtures("few_issues")
def test_training_leaves_the_threads_of_the_process_as_they_were(half_year: RawHistory) -> None:
    with threadpool_limits(2):
        before = threadpool_info()
        trained(half_year.histories, served_from(half_year))
        assert threadpool_info() == before


def test_a_model_that_learned_the_pattern_is_champion(champion: TrainedModel) -> None:
    assert champion.meta.verdict == "champion"
    assert champion.meta.reason.startswith("beats the weekly naive: MAE ")
    assert (champion.meta.scores.skill or 0) > 0.1


@pytest.mark.usefixtures("few_issues")
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


@pytest.mark.usefixtures("few_issues")
def test_a_champion_of_the_same_week_has_nothing_to_be_compared_on(half_year: RawHistory, champion: TrainedModel) -> None:
    meta = trained(half_year.histories, served_from(half_year), champion=champion).meta
    assert meta.scores.champion_mae_mwh is None
    assert "no champion to compare with" in meta.reason


@pytest.mark.usefixtures("few_issues")
def test_an_older_champion_is_compared_on_the_issues_since_it_was_trained(half_year: RawHistory) -> None:
    older = trained(half_year.histories, served_from(half_year) - timedelta(days=21))
    meta = trained(half_year.histories, served_from(half_year), champion=older).meta
    assert meta.scores.champion_mae_mwh is not None
    assert meta.scores.rival_mae_mwh == pytest.approx(meta.scores.champion_mae_mwh, rel=0.1)
    assert "holds against the champion" in meta.reason


@pytest.mark.usefixtures("few_issues")
def test_an_area_that_the_champion_knew_and_that_began_anew_is_not_compared_on(half_year: RawHistory) -> None:
    older = trained(half_year.histories, served_from(half_year) - timedelta(days=21))
    features = half_year.features()
    histories = series_histories(features[(features["area"] == "DK1") | (features["hour_utc"] >= at("2026-07-13"))])
    meta = trained(histories, served_from(half_year), champion=older).meta
    assert meta.areas == ("DK1",)
    assert meta.scores.champion_mae_mwh is not None


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


@pytest.mark.usefixtures("few_issues")
@pytest.mark.parametrize("ended", ["2026-06-01", "2026-05-01", "2026-06-25"])
def test_an_area_that_ended_is_not_trained_on(half_year: RawHistory, ended: str) -> None:
    model = trained(without(half_year, "DK2", before=at(ended)).histories, served_from(half_year))
    assert model.meta.areas == ("DK1",)
    assert set(model.meta.calibration) == {"DK1"}


@pytest.mark.usefixtures("few_issues")
def test_an_area_whose_history_stops_before_the_held_out_weeks_is_not_trained_on(half_year: RawHistory) -> None:
    features = half_year.features()
    histories = series_histories(features[(features["area"] == "DK1") | (features["hour_utc"] < at("2026-05-25"))])
    assert trained(histories, served_from(half_year)).meta.areas == ("DK1",)


@pytest.mark.usefixtures("few_issues")
def test_an_area_of_which_only_settled_hours_are_known_is_not_trained_on(half_year: RawHistory) -> None:
    settled_only = replace(half_year, load=half_year.load[half_year.load["area"] == "DK1"])
    assert trained(settled_only.histories, served_from(half_year)).meta.areas == ("DK1",)


@pytest.mark.usefixtures("few_issues")
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
    assert 2 * TREE_ROWS * 0.95 < meta.training_rows <= 2 * TREE_ROWS  # the first half week has no level


def test_the_importance_of_the_features_sums_to_one(champion: TrainedModel) -> None:
    assert set(champion.meta.importance) == set(FEATURES)
    assert sum(champion.meta.importance.values()) == pytest.approx(1)


def test_denmark_and_its_halves_are_calibrated(champion: TrainedModel) -> None:
    for area in ("DK", "DK1", "DK2"):
        calibration = champion.calibration(area)
        assert calibration is not None
        assert calibration.cells.shape == (len(LEAD_BUCKETS), 24, len(QUANTILES))
        assert calibration.type_widths.shape == (len(DAY_TYPES),)
        assert calibration.recent_widths.shape == (len(LEAD_BUCKETS), 24)
    assert champion.calibration("SE3") is None


def test_the_held_out_hours_are_mostly_inside_the_band(champion: TrainedModel) -> None:
    assert 0.65 < champion.meta.scores.coverage_80 < 0.95
