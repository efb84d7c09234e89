"""What holds of cleaning whatever the source says."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from energy_dagster.domain.cleaning import Published, clean_consumption
from energy_dagster.domain.contracts import conform
from energy_dagster.domain.tables import CONSUMPTION, QUALITIES, TOTAL
from energy_dagster_tests.domain.synthetic import at, hour_index, raw_rows

START = at("2026-01-01")
LATER = at("2026-12-31")
AUTUMN_NIGHT = at("2026-10-25")

ODD = [100.0, 110.0, 95.0, 0.0, -1.0, np.nan, 400.0, 20.0, 200.0]
FREQUENT = [0.29, 0.29, 0.29, 0.02, 0.02, 0.03, 0.02, 0.02, 0.02]
SEEDS = st.integers(0, 2**32 - 1)
MONTHS = st.sampled_from([2, 3, 4, 10, 11])
"""Months whose history holds both changes of the clocks."""

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def month_start(month: int) -> datetime:
    return at(f"2026-{month:02d}-01")


def odd_hours(seed: int, *, first: datetime, length: int) -> pd.DataFrame:
    """Hours of two areas and a group with every defect among them, the merged night of autumn included."""
    rng = np.random.default_rng(seed)
    hours = hour_index(first, first + timedelta(hours=length))
    parts = []
    for area, group in (("DK1", TOTAL), ("DK2", TOTAL), ("DK1", "112")):
        values = rng.choice(ODD, len(hours), p=FREQUENT) * rng.choice([1.0, rng.uniform(0.99, 1.01)], len(hours))
        values[hours == AUTUMN_NIGHT] = rng.choice([200.0, 0.0, np.nan])
        values[hours == AUTUMN_NIGHT + timedelta(hours=1)] = rng.choice([200.0, 0.0, np.nan])
        other = np.where(rng.random(len(hours)) < 0.02, values * rng.choice([1.001, 1.2], len(hours)), np.nan)
        there = rng.random(len(hours)) < rng.choice([1.0, 0.97])
        parts.append(raw_rows(hours, area, values, group=group, other=other)[there])
    rows: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return rows


def whole_year(rows: pd.DataFrame, *, until: datetime = LATER) -> pd.DataFrame:
    return clean_consumption([Published(rows, "preliminary", until)], start=START, end=at("2027-01-01"))


@QUICK
@given(
    seed=SEEDS, first_hour=st.integers(0, 280 * 24), length=st.integers(1, 90 * 24), now_hour=st.integers(0, 364 * 24), month=MONTHS
)
def test_a_month_alone_is_cleaned_as_in_a_longer_window(seed: int, first_hour: int, length: int, now_hour: int, month: int) -> None:
    load = odd_hours(seed, first=START + timedelta(hours=first_hour), length=length)
    until = START + timedelta(hours=now_hour)
    start, end = month_start(month), month_start(month + 1)
    two_months = load[(load["hour_utc"] >= month_start(month - 1)) & (load["hour_utc"] < end)]
    alone = clean_consumption([Published(two_months, "preliminary", until)], start=start, end=end)
    longer = whole_year(load, until=until)
    inside = longer[(longer["hour_utc"] >= start) & (longer["hour_utc"] < end)]
    assert_frame_equal(conform(CONSUMPTION, alone), conform(CONSUMPTION, inside))


@QUICK
@given(seed=SEEDS, month=MONTHS)
def test_every_hour_is_there_once_and_only_estimates_and_ok_hours_have_a_value(seed: int, month: int) -> None:
    load = odd_hours(seed, first=month_start(month - 1), length=60 * 24)
    rows = conform(CONSUMPTION, whole_year(load))
    hours = rows.groupby(["area", "consumer_group"])["hour_utc"]
    assert (hours.nunique() == hours.size()).all()
    assert ((hours.max() - hours.min()).dt.total_seconds() / 3600 + 1 == hours.size()).all()
    assert set(rows["quality"]) <= set(QUALITIES)
    assert (rows["consumption_mwh"].notna() == rows["quality"].isin(["ok", "imputed", "merged_dst"])).all()


@QUICK
@given(seed=SEEDS, month=MONTHS)
def test_what_was_published_stays_and_ok_values_equal_it(seed: int, month: int) -> None:
    load = odd_hours(seed, first=month_start(month - 1), length=60 * 24)
    rows = whole_year(load)
    ok = rows[rows["quality"] == "ok"]
    np.testing.assert_array_equal(ok["consumption_mwh"], ok["published_mwh"])
    key = ["area", "consumer_group", "hour_utc"]
    both = load.merge(rows, on=key, suffixes=("_raw", ""), validate="one_to_one")
    assert len(both) == len(load)
    np.testing.assert_array_equal(both["published_mwh"], both["consumption_mwh_raw"])


@QUICK
@given(seed=SEEDS, month=MONTHS)
def test_the_order_of_rows_and_feeds_does_not_matter(seed: int, month: int) -> None:
    load = odd_hours(seed, first=month_start(month - 1), length=40 * 24)
    feeds = [Published(load, "preliminary", LATER), Published(load.iloc[::2], "settled", LATER)]
    shuffled = [replace(feed, rows=feed.rows.sample(frac=1, random_state=seed % 2**32)) for feed in reversed(feeds)]
    one, other = (clean_consumption(order, start=START, end=at("2027-01-01")) for order in (feeds, shuffled))
    assert_frame_equal(one, other)


@QUICK
@given(seed=SEEDS, month=MONTHS)
def test_cleaning_what_was_published_again_changes_nothing(seed: int, month: int) -> None:
    load = odd_hours(seed, first=month_start(month - 1), length=60 * 24)
    rows = whole_year(load)
    again = rows[rows["area"] != "DK"].drop(columns=["consumption_mwh", "quality", "vintage"])
    others = load[["area", "consumer_group", "hour_utc", "other_mwh"]]
    again = again.rename(columns={"published_mwh": "consumption_mwh"}).merge(others, how="left").assign(dataset="again")
    assert_frame_equal(whole_year(again), rows)


@QUICK
@given(seed=SEEDS, month=MONTHS)
def test_ok_hours_of_a_good_source_with_odd_hours_are_ok_without_these(seed: int, month: int) -> None:
    rng = np.random.default_rng(seed)
    hours = hour_index(month_start(month - 1), month_start(month + 1))
    values = rng.uniform(90, 110, len(hours))
    odd = np.arange(7 * 24, len(hours) - 24, 8 * 24) + rng.integers(0, 24)  # once in any week, after the first
    values[odd] = rng.choice([0.0, -5.0, 400.0, 10.0, np.nan], len(odd))
    once = whole_year(raw_rows(hours, "DK1", values))
    ok = once[once["quality"] == "ok"]
    assert len(ok) == len(hours) - len(odd)
    twice = whole_year(raw_rows(pd.DatetimeIndex(ok["hour_utc"]), "DK1", ok["published_mwh"].to_numpy()))
    kept = twice[twice["published_mwh"].notna()]
    assert_frame_equal(kept.reset_index(drop=True), ok.reset_index(drop=True))


@QUICK
@given(seed=SEEDS, month=MONTHS, known=st.integers(1, 60 * 24))
def test_later_hours_never_change_whether_an_hour_is_ok(seed: int, month: int, known: int) -> None:
    """Except of a small group beside its twin in the night of autumn."""
    first = month_start(month - 1)
    load = odd_hours(seed, first=first, length=60 * 24)
    until = first + timedelta(hours=known)
    then, now = whole_year(load[load["hour_utc"] <= until], until=until), whole_year(load)
    key = ["area", "consumer_group", "hour_utc"]
    both = then.merge(now, on=key, suffixes=("_then", ""), validate="one_to_one")
    assert len(both) == len(then)
    total = both[both["consumer_group"] == TOTAL]
    assert ((total["quality_then"] == "ok") == (total["quality"] == "ok")).all()
    changed = both[(both["quality_then"] != both["quality"]) & (both["area"] != "DK")]
    late = (changed["quality_then"] == "missing") & (changed["quality"] == "imputed")
    assert (late | changed["hour_utc"].eq(AUTUMN_NIGHT)).all()
