from dataclasses import replace

import pandas as pd
import pytest

from benchmarks.comparison import (
    Standing,
    compared,
    hours_of_all,
    mean_of,
    published_beside,
    scores_by_lead,
    standard_forecasts,
)
from energy_dagster.domain.tables import LEAD_BUCKET_NAMES, QUANTILE_COLUMNS
from energy_dagster_tests.benchmarks.a_year import DAYS, YEAR, entrant, forecasts, truth

OURS = entrant("ours", error=20)
OTHER = entrant("other", error=60, seed=2)
SAMPLED = entrant("sampled", error=40, every_days=2, seed=3)
NAIVE = entrant("naive", error=90, has_quantiles=False, seed=4)


@pytest.fixture(scope="module")
def standings() -> dict[str, Standing]:
    found = compared([NAIVE, SAMPLED, OTHER, OURS], truth(), naive=NAIVE.forecasts, reference="ours", year=YEAR)
    return {one.key: one for one in found}


def test_quantiles_named_by_their_level_are_those_of_the_tables() -> None:
    rows = forecasts(error=10)
    by_level = rows.rename(columns={name: f"q{int(name[1:]) / 100:g}" for name in QUANTILE_COLUMNS})
    assert "q0.05" in by_level.columns
    pd.testing.assert_frame_equal(standard_forecasts(by_level), standard_forecasts(rows))


def test_a_forecast_that_lacks_a_quantile_is_left_out() -> None:
    rows = forecasts(error=10)
    rows.loc[5, "q90"] = None
    assert set(rows["hour_utc"]) - set(standard_forecasts(rows)["hour_utc"]) == {YEAR[5]}


def test_the_mean_is_of_the_forecasts_that_both_have() -> None:
    mean = mean_of(OURS.forecasts, SAMPLED.forecasts)
    assert set(mean["hour_utc"]) == set(SAMPLED.forecasts["hour_utc"])
    assert mean["q20"].iloc[0] == pytest.approx((OURS.forecasts["q20"].iloc[0] + SAMPLED.forecasts["q20"].iloc[0]) / 2)


def test_a_published_line_takes_the_leads_of_the_others() -> None:
    published = pd.DataFrame({"hour_utc": YEAR[:30], "q50": 5.0})
    beside = published_beside(published, OURS.forecasts)
    assert beside["lead_hours"].tolist() == OURS.forecasts["lead_hours"].tolist()[:30]
    assert (beside[list(QUANTILE_COLUMNS)] == 5.0).all(axis=None)


def test_only_hours_that_all_who_forecast_every_day_have_are_scored() -> None:
    short = replace(OTHER, forecasts=OTHER.forecasts.iloc[7:])
    assert hours_of_all([OURS, short, SAMPLED]).tolist() == YEAR[7:].tolist()
    found = {one.key: one for one in compared([OURS, short], truth(), naive=None, reference="ours", year=YEAR)}
    assert [found[key].hours for key in ("ours", "other")] == [len(YEAR) - 7] * 2
    assert [found[key].lacking_hours for key in ("ours", "other")] == [0, 7]


def test_hours_that_anyone_has_count_where_nobody_forecasts_every_day() -> None:
    assert set(hours_of_all([SAMPLED])) == set(SAMPLED.forecasts["hour_utc"])


def test_the_best_comes_first_and_who_is_sampled_last(standings: dict[str, Standing]) -> None:
    assert list(standings) == ["ours", "other", "naive", "sampled"]


def test_who_is_sampled_is_compared_on_its_own_days(standings: dict[str, Standing]) -> None:
    sampled = standings["sampled"]
    assert (sampled.days, sampled.hours, sampled.lacking_hours) == (DAYS // 2, DAYS // 2 * 24, None)
    assert sampled.gaps is not None
    own_days = OURS.forecasts[OURS.forecasts["hour_utc"].isin(SAMPLED.forecasts["hour_utc"])]
    ours = compared([replace(OURS, forecasts=own_days)], truth(), naive=None, reference="", year=YEAR)[0]
    difference = float(ours.scores["mae_mwh"] or 0) - float(sampled.scores["mae_mwh"] or 0)
    assert sampled.gaps["mae_mwh"].estimate == pytest.approx(difference)


def test_a_line_alone_has_errors_but_no_score_of_quantiles(standings: dict[str, Standing]) -> None:
    naive = standings["naive"]
    assert naive.scores["mape_pct"] is not None
    void = [name for name, value in naive.scores.items() if value is None]
    assert {"pinball_deciles_mwh", "pinball_deciles_mwh_low", "coverage_80", "width_80_mwh"} <= set(void)
    assert naive.gaps is not None
    assert set(naive.gaps) == {"mape_pct", "mae_mwh"}


def test_the_gap_in_pinball_loss_is_over_the_deciles(standings: dict[str, Standing]) -> None:
    ours, other = (float(standings[key].scores["pinball_deciles_mwh"] or 0) for key in ("ours", "other"))
    gaps = standings["other"].gaps
    assert gaps is not None
    assert gaps["pinball_deciles_mwh"].estimate == pytest.approx(ours - other)
    assert gaps["pinball_deciles_mwh"].is_told_apart


def test_the_reference_has_no_gap_and_nobody_has_without_it(standings: dict[str, Standing]) -> None:
    assert standings["ours"].gaps is None
    assert [one.gaps for one in compared([OTHER, NAIVE], truth(), naive=None, reference="ours", year=YEAR)] == [None, None]


def test_skill_is_against_the_naive_and_none_without_it(standings: dict[str, Standing]) -> None:
    assert standings["naive"].scores["skill"] == pytest.approx(0)
    assert compared([OURS], truth(), naive=None, reference="ours", year=YEAR)[0].scores["skill"] is None


def test_errors_by_lead_begin_with_all_and_have_the_naive_of_the_same_hours() -> None:
    rows = [OURS.forecasts.assign(lead_hours=lead) for lead in (1, 8, 20, 40)]
    found = scores_by_lead(pd.concat(rows), truth())
    assert [lead.leads for lead in found] == ["all", *LEAD_BUCKET_NAMES]
    assert found[0].forecasts == 4 * len(YEAR)
    load = truth()["consumption_mwh"]
    assert found[1].naive_mae_mwh == pytest.approx((load - load.shift(168)).abs().mean())
