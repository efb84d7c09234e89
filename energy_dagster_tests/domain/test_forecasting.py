from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from energy_dagster.domain.contracts import conform, empty
from energy_dagster.domain.forecasting import NAIVE_VERSION, NothingToForecast, make_issue, make_issues
from energy_dagster.domain.kernel_member import REACH_HOURS
from energy_dagster.domain.model import TrainedModel
from energy_dagster.domain.quality import predictions_are_whole
from energy_dagster.domain.series_history import SeriesHistory, series_histories
from energy_dagster.domain.tables import PREDICTIONS, QUANTILE_COLUMNS, RAW_WEATHER
from energy_dagster_tests.domain.synthetic import RawHistory, at

AREAS = ("DK", "DK1", "DK2")
CLOCKS = ["2026-03-01T00:00", "2026-03-28T12:00", "2026-03-28T23:00", "2026-03-29T00:00", "2026-03-29T01:00", "2026-04-01T00:00"]


def rows_of(rows: pd.DataFrame, area: str) -> pd.DataFrame:
    return rows[rows["area"] == area].reset_index(drop=True)


def without_load(history: RawHistory, *, since: datetime, areas: tuple[str, ...] = ("DK1", "DK2")) -> RawHistory:
    """The history in which the fast source has nothing of some areas since a moment."""
    return replace(history, load=history.load[(history.load["hour_utc"] < since) | ~history.load["area"].isin(areas)])


def only(histories: Mapping[str, SeriesHistory], area: str) -> dict[str, SeriesHistory]:
    return {area: histories[area]}


@pytest.fixture(scope="module")
def full(half_year: RawHistory, champion: TrainedModel) -> pd.DataFrame:
    return make_issue(half_year.histories, champion, issued_at=half_year.now).rows


@pytest.fixture(scope="module")
def whole(half_year: RawHistory) -> pd.DataFrame:
    return half_year.features()


@pytest.fixture(scope="module")
def naive(half_year: RawHistory) -> pd.DataFrame:
    return make_issue(half_year.histories, None, issued_at=half_year.now).rows


def test_an_issue_has_48_distinct_hours_of_each_area(half_year: RawHistory, full: pd.DataFrame) -> None:
    expected = [half_year.now + timedelta(hours=lead) for lead in range(1, 49)]
    assert set(full["area"]) == set(AREAS)
    for area in AREAS:
        assert rows_of(full, area)["hour_utc"].tolist() == expected
        assert rows_of(full, area)["lead_hours"].tolist() == list(range(1, 49))


@pytest.mark.parametrize("with_model", [True, False])
@pytest.mark.parametrize("moment", CLOCKS)
def test_an_issue_is_whole_at_the_clock_change_and_in_the_first_hour_of_a_month(
    half_year: RawHistory, champion: TrainedModel, moment: str, with_model: bool
) -> None:
    result = make_issue(half_year.histories, champion if with_model else None, issued_at=at(moment))
    finding = predictions_are_whole(result.rows)
    assert finding.passed, finding.description
    assert len(result.rows) == 3 * 48
    assert not result.left_out


def test_rows_keep_the_contract(full: pd.DataFrame, naive: pd.DataFrame) -> None:
    for rows in (full, naive):
        completed = rows.assign(origin="live", created_at=rows["issued_at"], run_id="run")
        assert len(conform(PREDICTIONS, completed)) == 144


@pytest.mark.parametrize("rung", ["full", "naive"])
def test_denmark_is_exactly_the_sum_of_its_halves(full: pd.DataFrame, naive: pd.DataFrame, rung: str) -> None:
    rows = full if rung == "full" else naive
    whole, west, east = (rows_of(rows, area) for area in AREAS)
    for column in ("q50", "naive_mwh"):
        np.testing.assert_array_equal(whole[column], west[column] + east[column])


@pytest.mark.parametrize("rung", ["full", "naive"])
def test_the_band_of_denmark_is_narrower_than_the_sum_of_the_bands(full: pd.DataFrame, naive: pd.DataFrame, rung: str) -> None:
    rows = full if rung == "full" else naive
    width = {area: (rows_of(rows, area)["q95"] - rows_of(rows, area)["q05"]).mean() for area in AREAS}
    assert max(width["DK1"], width["DK2"]) < width["DK"] < width["DK1"] + width["DK2"]


@pytest.mark.parametrize("rung", ["full", "naive"])
def test_quantiles_are_ordered_and_positive(full: pd.DataFrame, naive: pd.DataFrame, rung: str) -> None:
    quantiles = (full if rung == "full" else naive)[list(QUANTILE_COLUMNS)].to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert (quantiles > 0).all()


def test_with_everything_there_the_forecast_stands_on_the_first_rung(
    half_year: RawHistory, champion: TrainedModel, full: pd.DataFrame
) -> None:
    assert set(full["rung"]) == {"full"}
    assert set(full["model_version"]) == {champion.meta.model_version}
    assert set(full["consumption_cutoff"]) == {pd.Timestamp(half_year.now - timedelta(hours=3))}
    assert set(full["weather_cutoff"]) == {pd.Timestamp(half_year.now)}


def test_without_weather_the_forecast_stands_on_the_second_rung(half_year: RawHistory, champion: TrainedModel) -> None:
    bare = replace(half_year, weather=empty(RAW_WEATHER)).histories
    rows = make_issue(bare, champion, issued_at=half_year.now).rows
    assert set(rows["rung"]) == {"no_weather"}
    assert set(rows["model_version"]) == {champion.meta.model_version}
    assert rows["weather_cutoff"].isna().all()


def test_denmark_stands_on_the_lower_rung_of_its_halves(half_year: RawHistory, champion: TrainedModel) -> None:
    west_only = replace(half_year, weather=half_year.weather[half_year.weather["area"] == "DK1"]).histories
    rows = make_issue(west_only, champion, issued_at=half_year.now).rows
    assert {area: rows_of(rows, area)["rung"].iloc[0] for area in AREAS} == {"DK": "no_weather", "DK1": "full", "DK2": "no_weather"}
    assert rows_of(rows, "DK")["weather_cutoff"].isna().all()


@pytest.mark.parametrize(("late", "rung"), [(0, "full"), (6, "full"), (7, "older_lags"), (80, "older_lags"), (90, "naive")])
def test_late_consumption_is_said(half_year: RawHistory, champion: TrainedModel, late: int, rung: str) -> None:
    newest = half_year.now - timedelta(hours=3 + late)
    histories = without_load(half_year, since=newest + timedelta(hours=1)).histories
    rows = make_issue(histories, champion, issued_at=half_year.now).rows
    assert set(rows["rung"]) == {rung}
    assert set(rows["consumption_cutoff"]) == {pd.Timestamp(newest)}


def test_without_a_model_the_weekly_naive_is_served(half_year: RawHistory, naive: pd.DataFrame) -> None:
    assert set(naive["rung"]) == {"naive"}
    assert set(naive["model_version"]) == {NAIVE_VERSION}
    np.testing.assert_array_equal(naive["q50"], naive["naive_mwh"])
    history = half_year.histories["DK1"]
    first = history.position(half_year.now) + 1 - 168
    np.testing.assert_allclose(rows_of(naive, "DK1")["q50"], history.preliminary[first : first + 48])


def test_the_naive_takes_an_older_week_where_the_newest_has_a_gap(half_year: RawHistory) -> None:
    hour = half_year.now + timedelta(hours=5)
    gap = half_year.load["hour_utc"] == hour - timedelta(hours=168)
    histories = replace(half_year, load=half_year.load[~gap]).histories
    row = rows_of(make_issue(histories, None, issued_at=half_year.now).rows, "DK2").iloc[4]
    history = half_year.histories["DK2"]
    assert row["q50"] == pytest.approx(history.preliminary[history.position(hour) - 336])
    assert np.isnan(row["naive_mwh"])


def test_an_area_the_model_does_not_know_stands_on_the_naive(half_year: RawHistory, champion: TrainedModel) -> None:
    west = replace(champion, meta=replace(champion.meta, areas=("DK1",)))
    rows = make_issue(half_year.histories, west, issued_at=half_year.now).rows
    assert {area: rows_of(rows, area)["rung"].iloc[0] for area in AREAS} == {"DK": "naive", "DK1": "full", "DK2": "naive"}
    assert set(rows_of(rows, "DK")["model_version"]) == {NAIVE_VERSION}
    assert predictions_are_whole(rows).passed


def test_an_area_whose_level_is_unknown_stands_on_the_naive(half_year: RawHistory, champion: TrainedModel) -> None:
    since, until = half_year.now - timedelta(hours=120), half_year.now - timedelta(hours=10)
    gap = half_year.load["hour_utc"].between(since, until) & (half_year.load["area"] == "DK2")
    rows = make_issue(replace(half_year, load=half_year.load[~gap]).histories, champion, issued_at=half_year.now).rows
    assert rows_of(rows, "DK2")["rung"].unique().tolist() == ["naive"]
    assert rows_of(rows, "DK1")["rung"].unique().tolist() == ["full"]


def test_an_area_without_consumption_is_left_out_with_a_sentence(half_year: RawHistory, champion: TrainedModel) -> None:
    since = half_year.now - timedelta(hours=169)
    result = make_issue(without_load(half_year, since=since, areas=("DK2",)).histories, champion, issued_at=half_year.now)
    assert set(result.rows["area"]) == {"DK1"}
    assert result.left_out == {
        "DK2": "no consumption of DK2 was known in the week before 2026-07-31 15:00 UTC",
        "DK": "DK is DK1 + DK2, and DK2 cannot be forecast",
    }


def test_an_area_without_any_history_is_left_out(half_year: RawHistory, champion: TrainedModel) -> None:
    result = make_issue(only(half_year.histories, "DK2"), champion, issued_at=half_year.now)
    assert set(result.rows["area"]) == {"DK2"}
    assert set(result.left_out) == {"DK1", "DK"}


def test_an_area_too_young_for_the_naive_is_left_out(spring: RawHistory) -> None:
    result = make_issue(spring.histories, None, issued_at=at("2026-02-03T00:00"))
    assert len(result.rows) == 0
    assert result.left_out["DK1"] == "no hour of the weeks before 2026-02-03 00:00 UTC can stand for DK1"


def test_nothing_can_be_forecast_from_no_history(half_year: RawHistory, champion: TrainedModel) -> None:
    result = make_issue({}, champion, issued_at=half_year.now)
    assert len(result.rows) == 0
    assert set(result.left_out) == {"DK1", "DK2"}


@pytest.mark.parametrize("moment", ["2026-07-01T12:01", "2026-07-01T12:00:00.000001"])
def test_a_time_off_the_hour_is_refused(half_year: RawHistory, champion: TrainedModel, moment: str) -> None:
    with pytest.raises(ValueError, match="expected an issue time on the hour"):
        make_issue(half_year.histories, champion, issued_at=at(moment))


def test_an_issue_twice_gives_the_same_rows(half_year: RawHistory, champion: TrainedModel, full: pd.DataFrame) -> None:
    assert_frame_equal(make_issue(half_year.histories, champion, issued_at=half_year.now).rows, full, check_exact=True)


def test_the_naive_of_denmark_does_not_depend_on_when_its_halves_began(spring: RawHistory) -> None:
    def began(rows: pd.DataFrame, areas: tuple[str, ...]) -> pd.DataFrame:
        return rows[(rows["hour_utc"] >= at("2026-03-01")) | ~rows["area"].isin(areas)]

    made = []
    for areas in (("DK2",), ("DK1",), ("DK1", "DK2")):
        history = replace(spring, load=began(spring.load, areas), settlement=began(spring.settlement, areas))
        made.append(make_issue(history.histories, None, issued_at=spring.now).rows)
    for rows in made[1:]:
        assert_frame_equal(rows, made[0], check_exact=True)


REACH = timedelta(hours=REACH_HOURS)


@pytest.fixture(scope="module")
def patchy(half_year: RawHistory) -> pd.DataFrame:
    """Features of the half year with hours absent here and there, so that older hours stand in."""
    rng = np.random.default_rng(12)
    load = half_year.load
    scattered = pd.Series(rng.random(len(load)) < 0.02, index=load.index)
    days = load["hour_utc"].between(at("2026-03-28T20:00"), at("2026-03-29T12:00")) & (load["area"] == "DK2")
    return replace(half_year, load=load[~scattered & ~days]).features()


@settings(deadline=None, max_examples=3, phases=(Phase.explicit, Phase.generate))
@example(backs=frozenset({0, 1, 24}), gaps=False)
@example(backs=frozenset(range(0, 24, 3)), gaps=True)
@example(backs=frozenset(range(24 * 123 + 10, 24 * 126 + 10, 9)), gaps=True)  # over the change to summer time
@given(backs=st.frozensets(st.integers(0, 110 * 24), min_size=2, max_size=5), gaps=st.booleans())
def test_issues_made_together_are_those_made_alone(
    half_year: RawHistory, whole: pd.DataFrame, patchy: pd.DataFrame, champion: TrainedModel, backs: frozenset[int], gaps: bool
) -> None:
    features = patchy if gaps else whole
    issues = [half_year.now - timedelta(hours=back) for back in sorted(backs)]
    serving = {at("2026-01-26"): champion}
    together = make_issues(features, serving, issues=issues).rows
    for issued_at in issues:
        reach = features[features["hour_utc"].between(issued_at - REACH, issued_at + timedelta(hours=48))]
        alone = make_issue(series_histories(reach), champion, issued_at=issued_at).rows
        assert_frame_equal(together[together["issued_at"] == issued_at].reset_index(drop=True), alone, check_exact=True)


@pytest.mark.parametrize("days", [10, 50])
def test_an_area_that_begins_after_an_issue_is_left_out_of_it_and_only_of_it(
    whole: pd.DataFrame, champion: TrainedModel, days: int
) -> None:
    began = at("2026-06-01")
    features = whole[(whole["area"] == "DK1") | (whole["hour_utc"] >= began)]
    issues = [began - timedelta(days=days), began + timedelta(days=50)]
    result = make_issues(features, {at("2026-01-26"): champion}, issues=issues)
    areas = result.rows.groupby("issued_at")["area"].unique()
    assert [set(areas[issued_at]) for issued_at in issues] == [{"DK1"}, {"DK", "DK1", "DK2"}]
    before = make_issues(features, {at("2026-01-26"): champion}, issues=issues[:1])
    assert_frame_equal(before.rows, result.rows[result.rows["issued_at"] == issues[0]].reset_index(drop=True), check_exact=True)
    assert set(before.left_out) == {"DK", "DK2"}


def test_each_issue_is_made_by_the_model_of_its_week(half_year: RawHistory, champion: TrainedModel) -> None:
    older = replace(champion, meta=replace(champion.meta, model_version="older"))
    serving = {at("2026-07-20"): older, at("2026-07-27"): champion}
    issues = [at("2026-07-26T23:00"), at("2026-07-27T00:00"), at("2026-07-19T23:00")]
    rows = make_issues(half_year.features(), serving, issues=issues).rows
    assert rows.groupby("issued_at")["model_version"].agg(["first", "nunique"]).to_dict("list") == {
        "first": [NAIVE_VERSION, "older", champion.meta.model_version],
        "nunique": [1, 1, 1],
    }


def test_a_week_without_a_champion_is_served_by_the_naive(half_year: RawHistory, champion: TrainedModel) -> None:
    serving = {at("2026-07-20"): champion, at("2026-07-27"): None}
    rows = make_issues(half_year.features(), serving, issues=[half_year.now]).rows
    assert set(rows["rung"]) == {"naive"}


def test_issues_that_cannot_be_made_are_left_out_of_those_that_can(spring: RawHistory) -> None:
    result = make_issues(spring.features(), {}, issues=[at("2026-02-03"), spring.now])
    assert set(result.rows["issued_at"]) == {pd.Timestamp(spring.now)}
    assert "DK1" in result.left_out


def test_when_no_issue_has_any_area_it_is_said_why(spring: RawHistory) -> None:
    with pytest.raises(NothingToForecast, match="no hour of the weeks before 2026-02-03 00:00 UTC can stand for DK1; no hour"):
        make_issues(spring.features(), {}, issues=[at("2026-02-03")])
