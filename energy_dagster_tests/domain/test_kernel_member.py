import io
import json
import zipfile
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from energy_dagster.domain.clock_grid import DAY, ClockGrid
from energy_dagster.domain.issue_plan import DAY_AHEAD, EVERY_HOUR, IssuePlan, every
from energy_dagster.domain.issue_states import DAYS_AHEAD, target_hours
from energy_dagster.domain.issues import LEADS, level_of
from energy_dagster.domain.kernel import FACTORS, KernelParameters
from energy_dagster.domain.kernel_examples import FEW_KNOWN_SHARE, NEEDED_ISSUES, examples, examples_of
from energy_dagster.domain.kernel_member import (
    CACHED_REGRESSIONS,
    LEFT_OUT_DAYS,
    REACH_HOURS,
    KernelMember,
    LeftOut,
    fit_kernel,
    known_part,
)
from energy_dagster.domain.model import TrainedModel
from energy_dagster.domain.positions import Floats, Ints
from energy_dagster.domain.series_history import SeriesHistory
from energy_dagster_tests.domain.synthetic import RawHistory, at, raw_history, series_of

PARAMETERS = KernelParameters()
SOME = IssuePlan((2, 10, 23))

QUICK = settings(deadline=None, phases=(Phase.explicit, Phase.generate))


def fit(
    history: SeriesHistory, cut: datetime, *, plan: IssuePlan = SOME, first: int = 0, left_out: bool = False
) -> tuple[KernelMember, LeftOut]:
    return fit_kernel(history, first=first, cut=history.position(cut), plan=plan, parameters=PARAMETERS, left_out=left_out)


def said_at(member: KernelMember, history: SeriesHistory, issued_at: datetime) -> Floats:
    """What a member says of the 48 hours after an issue."""
    return member.log_of(ClockGrid(history), np.full(len(LEADS), history.position(issued_at)), LEADS)


@pytest.fixture(scope="module")
def west(half_year: RawHistory) -> SeriesHistory:
    return half_year.histories["DK1"]


@pytest.fixture(scope="module")
def east(half_year: RawHistory) -> SeriesHistory:
    return half_year.histories["DK2"]


@pytest.fixture(scope="module")
def member(west: SeriesHistory, half_year: RawHistory) -> KernelMember:
    return fit(west, half_year.now)[0]


@pytest.fixture(scope="module")
def archive(member: KernelMember) -> bytes:
    return member.to_bytes()


@pytest.fixture(scope="module")
def autumn() -> SeriesHistory:
    """DK1 over the change to winter time."""
    return raw_history(days=130, start=at("2026-07-01")).histories["DK1"]


SPRING_NIGHT, AUTUMN_NIGHT = at("2026-03-29T01:00"), at("2026-10-25T01:00")


def errors_around(member: KernelMember, history: SeriesHistory, night: datetime) -> Floats:
    """Log errors of every lead of every issue within 52 hours of a moment, (issues, 48)."""
    issues = history.position(night) + np.arange(-52, 53)
    issue, lead = np.repeat(issues, len(LEADS)), np.tile(LEADS, len(issues))
    said = member.log_of(ClockGrid(history), issue, lead)
    assert np.isfinite(said).all()
    errors = said + level_of(history, issue) - np.log(history.truth()[issue + lead])
    return np.asarray(errors.reshape(len(issues), len(LEADS)))


def test_all_leads_of_issues_around_the_change_to_summer_time_are_forecast(champion: TrainedModel, west: SeriesHistory) -> None:
    errors = errors_around(champion.engine.kernels["DK1"], west, SPRING_NIGHT)
    assert np.abs(errors).mean() < 0.03
    assert np.abs(errors).max() < 0.25


@pytest.mark.parametrize("evening", ["2026-03-27T22:00", "2026-03-28T22:00"])
def test_the_midnight_that_spring_brings_within_48_hours_is_forecast_as_the_hour_before_it(
    champion: TrainedModel, west: SeriesHistory, evening: str
) -> None:
    said = said_at(champion.engine.kernels["DK1"], west, at(evening))
    assert said[47] == said[46]
    assert len(set(said)) == 47


@pytest.mark.parametrize(("cut", "most"), [("2026-10-20", 0.05), ("2026-11-05", 0.03)])
def test_all_leads_of_issues_around_the_change_to_winter_time_are_forecast(autumn: SeriesHistory, cut: str, most: float) -> None:
    member, _ = fit(autumn, at(cut), plan=EVERY_HOUR)
    errors = errors_around(member, autumn, AUTUMN_NIGHT)
    assert np.abs(errors).mean() < most
    assert np.abs(errors).max() < 0.25


def test_the_two_hours_that_autumn_shows_as_one_get_the_same_forecast(autumn: SeriesHistory) -> None:
    member, _ = fit(autumn, at("2026-10-20"), plan=DAY_AHEAD)
    said = said_at(member, autumn, at("2026-10-24T08:00"))
    doubled = autumn.position(AUTUMN_NIGHT) - autumn.position(at("2026-10-24T08:00"))
    assert said[doubled - 1] == said[doubled - 2]
    assert len(set(said[np.isfinite(said)])) == 24


def test_an_issue_in_the_second_of_autumns_two_hours_is_one_of_that_hour(autumn: SeriesHistory) -> None:
    member, _ = fit(autumn, at("2026-10-20"), plan=IssuePlan((2,)))
    for night in (AUTUMN_NIGHT - timedelta(hours=1), AUTUMN_NIGHT):
        assert np.isfinite(said_at(member, autumn, night)).all()
    assert np.isnan(said_at(member, autumn, AUTUMN_NIGHT + timedelta(hours=1))).all()


def test_a_member_forecasts_what_it_has_a_regression_for(west: SeriesHistory, half_year: RawHistory) -> None:
    member, _ = fit(west, half_year.now, plan=DAY_AHEAD)
    assert set(member.learned) == {(10, 1)}
    said = said_at(member, west, at("2026-07-20T08:00"))
    np.testing.assert_array_equal(np.isfinite(said), (LEADS >= 14) & (LEADS < 38))
    assert np.isnan(said_at(member, west, at("2026-07-20T09:00"))).all()


@settings(QUICK, max_examples=25)
@example(issues=[4000, 4000, 4000], leads=[1, 48, 1])
@given(
    issues=st.lists(st.integers(REACH_HOURS, 180 * 24), min_size=1, max_size=30),
    leads=st.lists(st.integers(1, 48), min_size=1, max_size=30),
)
def test_pairs_are_forecast_the_same_alone_and_among_others(
    champion: TrainedModel, west: SeriesHistory, issues: list[int], leads: list[int]
) -> None:
    count = min(len(issues), len(leads))
    issue, lead = np.array(issues[:count]), np.array(leads[:count])
    member, grid = champion.engine.kernels["DK1"], ClockGrid(west)
    alone = [member.log_of(grid, issue[[n]], lead[[n]])[0] for n in range(count)]
    np.testing.assert_array_equal(member.log_of(grid, issue, lead), alone)


def test_a_hundred_issues_are_forecast_as_each_of_them_is(member: KernelMember, west: SeriesHistory) -> None:
    grid = ClockGrid(west)
    issues = np.sort(np.concatenate([grid.issues_at(hour)[60::3] for hour in SOME.local_hours]))
    assert len(issues) > 100
    together = member.log_of(grid, np.repeat(issues, len(LEADS)), np.tile(LEADS, len(issues)))
    alone = [member.log_of(grid, np.full(len(LEADS), issue), LEADS) for issue in issues]
    np.testing.assert_array_equal(together, np.concatenate(alone))


def test_no_pair_has_no_forecast(member: KernelMember, west: SeriesHistory) -> None:
    assert member.log_of(ClockGrid(west), np.arange(0), np.arange(0)).shape == (0,)


@pytest.mark.parametrize("position", [-5000, -500, -1, 10**5])
def test_an_issue_outside_of_the_series_is_not_forecast(champion: TrainedModel, west: SeriesHistory, position: int) -> None:
    issues = np.full(len(LEADS), position)
    assert np.isnan(champion.engine.kernels["DK1"].log_of(ClockGrid(west), issues, LEADS)).all()


def with_unknown(history: SeriesHistory, hours: Ints) -> SeriesHistory:
    preliminary = history.preliminary.copy()
    preliminary[hours] = np.nan
    return replace(history, preliminary=preliminary)


ISSUED_AT = at("2026-07-20T08:00")
"""Ten o'clock of a Monday in Denmark."""


@pytest.mark.parametrize("age", [3, 10, 26])
def test_an_issue_of_whose_newest_day_an_hour_has_no_stand_in_is_not_forecast(
    member: KernelMember, west: SeriesHistory, age: int
) -> None:
    position = west.position(ISSUED_AT)
    for weeks, known in ((5, True), (6, False)):
        holes = with_unknown(west, position - age - 168 * np.arange(weeks - 1))
        assert np.isfinite(said_at(member, holes, ISSUED_AT)).all() == known


def test_what_a_forecast_is_explained_by_adds_up_to_it(member: KernelMember, west: SeriesHistory) -> None:
    issues = np.full(len(LEADS), west.position(ISSUED_AT))
    explained = member.explained_of(ClockGrid(west), issues, LEADS)
    assert explained.shape == (len(LEADS), 1 + len(FACTORS))
    np.testing.assert_array_equal(explained[:, 0], member.log_of(ClockGrid(west), issues, LEADS))
    np.testing.assert_allclose(explained[:, 1:].sum(axis=1), explained[:, 0], atol=1e-8)


def test_what_is_not_forecast_is_not_explained(member: KernelMember, west: SeriesHistory) -> None:
    position = west.position(ISSUED_AT)
    holes = with_unknown(west, position - 10 - 168 * np.arange(6))
    assert np.isnan(member.explained_of(ClockGrid(holes), np.full(len(LEADS), position), LEADS)).all()


def test_a_member_survives_its_bytes(member: KernelMember, archive: bytes, west: SeriesHistory) -> None:
    again = KernelMember.from_bytes(archive)
    assert again.to_bytes() == archive
    assert again.parameters == member.parameters
    assert set(again.learned) == set(member.learned)
    for key, learned in member.learned.items():
        np.testing.assert_array_equal(again.learned[key].issues, learned.issues)
        np.testing.assert_array_equal(again.learned[key].regression.weights, learned.regression.weights)
    for issued_at in (ISSUED_AT, ISSUED_AT + timedelta(hours=13), ISSUED_AT + timedelta(hours=16)):
        np.testing.assert_array_equal(said_at(again, west, issued_at), said_at(member, west, issued_at))
        assert np.isfinite(said_at(again, west, issued_at)).all()


def test_a_member_without_weather_survives_its_bytes() -> None:
    mwh = 1000 * np.exp(0.1 * np.sin(np.arange(120 * 24) / 24 * 2 * np.pi) + 0.01 * np.random.default_rng(1).normal(size=120 * 24))
    history = series_of(at("2026-01-01"), mwh, area="SE3")
    member, _ = fit(history, at("2026-04-30"))
    again = KernelMember.from_bytes(member.to_bytes())
    assert again.reference.area == "SE3"
    np.testing.assert_array_equal(said_at(again, history, at("2026-04-28T08:00")), said_at(member, history, at("2026-04-28T08:00")))


def test_a_member_without_a_regression_survives_its_bytes(west: SeriesHistory) -> None:
    young, _ = fit(west, west.start.to_pydatetime() + timedelta(days=40))
    again = KernelMember.from_bytes(young.to_bytes())
    assert again.learned == {}
    assert np.isnan(said_at(again, west, ISSUED_AT)).all()


NO_MEMBER = "expected a kernel member as an archive of arrays, found otherwise"


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04", b"no archive", b"\x00" * 1000, b"\x93NUMPY\x01\x00", b"{}"])
def test_bytes_that_are_no_archive_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=NO_MEMBER):
        KernelMember.from_bytes(content)


@settings(QUICK, max_examples=60)
@example(size=-1)
@example(size=-22)
@given(size=st.integers(0, 10**6))
def test_an_archive_that_was_cut_off_is_refused(archive: bytes, size: int) -> None:
    with pytest.raises(ValueError, match=NO_MEMBER):
        KernelMember.from_bytes(archive[: size % len(archive)])


@settings(QUICK, max_examples=60)
@given(at_byte=st.integers(-3000, 10**6), bit=st.integers(0, 7))
def test_a_damaged_archive_is_refused_or_as_it_was(archive: bytes, at_byte: int, bit: int) -> None:
    damaged = bytearray(archive)
    damaged[at_byte % len(archive)] ^= 1 << bit
    with suppress(ValueError):
        found = KernelMember.from_bytes(bytes(damaged))
        assert found.to_bytes() == archive  # a date or an attribute in the archive's list of files


def rewritten(archive: bytes, **changed: Any) -> bytes:
    """The archive with arrays in the place of others, or without those that are None."""
    with np.load(io.BytesIO(archive)) as arrays:
        kept = {name: arrays[name] for name in arrays.files} | changed
    stream = io.BytesIO()
    np.savez(stream, **{name: values for name, values in kept.items() if values is not None})
    return stream.getvalue()


def meta_of(archive: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(archive)) as arrays:
        return dict(json.loads(arrays["meta"].tobytes()))


def as_array(meta: object) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    return np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)


@pytest.mark.parametrize("absent", ["meta", "keys", "preliminary", "weather", "weather_run", "issues", "weights", "middle:means"])
def test_an_archive_that_lacks_an_array_is_refused(archive: bytes, absent: str) -> None:
    with pytest.raises(ValueError, match=NO_MEMBER):
        KernelMember.from_bytes(rewritten(archive, **{absent: None}))


@pytest.mark.parametrize("meta", [None, [], {}, 1, {"area": 1, "start": "no time", "groups": [], "parameters": {}}])
def test_an_archive_whose_meta_is_none_is_refused(archive: bytes, meta: object) -> None:
    with pytest.raises(ValueError, match=NO_MEMBER):
        KernelMember.from_bytes(rewritten(archive, meta=as_array(meta)))


@pytest.mark.parametrize("changed", [{"shapes": {}}, {"start": "no time"}, {"parameters": {"length": 1.0}}])
def test_an_archive_whose_meta_does_not_fit_is_refused(archive: bytes, changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=NO_MEMBER):
        KernelMember.from_bytes(rewritten(archive, meta=as_array(meta_of(archive) | changed)))


def test_a_member_of_other_inputs_is_refused(archive: bytes) -> None:
    old, new = "middle:newest day", "middle:newest hours"
    shapes = {name.replace(old, new): of_rows for name, of_rows in meta_of(archive)["shapes"].items()}
    with np.load(io.BytesIO(archive)) as arrays:
        renamed = {old: None, new: arrays[old], "meta": as_array(meta_of(archive) | {"shapes": shapes})}
    with pytest.raises(ValueError, match="a kernel member of other inputs than this code builds"):
        KernelMember.from_bytes(rewritten(archive, **renamed))


@pytest.mark.parametrize("name", ["issues", "weights", "spread:season"])
def test_an_array_that_is_shorter_or_longer_than_its_shapes_is_refused(archive: bytes, name: str) -> None:
    with np.load(io.BytesIO(archive)) as arrays:
        values = arrays[name]
    for changed in (values[:-1], np.append(values, values[:1])):
        with pytest.raises(ValueError, match=NO_MEMBER):
            KernelMember.from_bytes(rewritten(archive, **{name: changed}))


def test_nothing_in_an_archive_is_executed(archive: bytes) -> None:
    class Executed:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return pytest.fail, ("executed",)

    pickled = np.array([Executed()], dtype=object)
    with pytest.raises(ValueError, match=NO_MEMBER):
        KernelMember.from_bytes(rewritten(archive, keys=pickled))


def test_an_archive_holds_arrays_and_no_pickle(archive: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        assert all(name.endswith(".npy") for name in files.namelist())
    with np.load(io.BytesIO(archive), allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "fiu" for name in arrays.files)


def test_no_more_learned_states_are_held_than_those_of_two_hours_of_issue(champion: TrainedModel, west: SeriesHistory) -> None:
    fresh = KernelMember.from_bytes(champion.engine.kernels["DK1"].to_bytes())
    first = said_at(fresh, west, ISSUED_AT)
    for hours in range(1, 24):
        said_at(fresh, west, ISSUED_AT + timedelta(hours=hours))
        assert len(fresh._cached) <= CACHED_REGRESSIONS
    np.testing.assert_array_equal(said_at(fresh, west, ISSUED_AT), first)


@pytest.mark.parametrize("days", [40, NEEDED_ISSUES + 20])
def test_too_few_issues_make_no_regression(west: SeriesHistory, days: int) -> None:
    young, left_out = fit(west, west.start.to_pydatetime() + timedelta(days=days), left_out=True)
    assert young.learned == {}
    assert len(left_out.issue) == 0


def test_enough_issues_make_one(west: SeriesHistory) -> None:
    old_enough, _ = fit(west, west.start.to_pydatetime() + timedelta(days=NEEDED_ISSUES + 32))
    assert set(old_enough.learned) == {(hour, ahead) for hour in SOME.local_hours for ahead in DAYS_AHEAD}


def test_only_issues_from_the_first_hour_on_are_learned(west: SeriesHistory, half_year: RawHistory) -> None:
    first = west.position(at("2026-05-10T12:00"))
    late, _ = fit(west, half_year.now, first=first)
    offset = west.position(late.reference.start)
    assert offset == first - REACH_HOURS
    for learned in late.learned.values():
        assert (learned.issues + offset >= first).all()
        assert len(learned.issues) >= NEEDED_ISSUES


def test_a_member_is_the_same_whatever_was_loaded_before_its_reach(west: SeriesHistory, half_year: RawHistory) -> None:
    first = west.position(at("2026-05-10T12:00"))
    shorter = known_part(west, first - REACH_HOURS, len(west))
    assert len(shorter) < len(west)
    one, _ = fit(west, half_year.now, first=first)
    whole = replace(shorter, settled=west.settled[first - REACH_HOURS :])
    other, _ = fit(whole, half_year.now, first=REACH_HOURS)
    assert one.to_bytes() == other.to_bytes()


@pytest.fixture(scope="module")
def left_out(west: SeriesHistory, half_year: RawHistory) -> LeftOut:
    return fit(west, half_year.now, plan=every(6), left_out=True)[1]


def test_left_out_forecasts_are_of_the_leads_of_learned_issues_once_each(left_out: LeftOut) -> None:
    leads = left_out.hour - left_out.issue
    assert set(leads) == set(range(1, 50))
    assert len(set(zip(left_out.issue, left_out.hour, strict=True))) == len(left_out.issue)
    assert np.isfinite(left_out.log_mwh).all()


def test_left_out_forecasts_are_near_the_truth_but_farther_than_those_that_learned_it(
    left_out: LeftOut, west: SeriesHistory, half_year: RawHistory
) -> None:
    member, _ = fit(west, half_year.now, plan=every(6))
    some = np.flatnonzero(left_out.hour - left_out.issue <= 48)[::37]
    issue, hour = left_out.issue[some], left_out.hour[some]
    truth = np.log(west.truth(west.position(half_year.now))[hour])
    level = level_of(west, issue)
    learned = member.log_of(ClockGrid(west), issue, hour - issue) + level
    of_left_out, of_learned = (np.abs(said - truth).mean() for said in (left_out.log_mwh[some], learned))
    assert of_learned < 0.95 * of_left_out
    assert of_left_out < 0.03


def test_the_hour_that_spring_skips_is_not_left_out(left_out: LeftOut, west: SeriesHistory) -> None:
    counts = np.bincount(left_out.hour)
    night = west.position(SPRING_NIGHT)
    assert set(counts[night - 30 : night + 30]) == {8, 9}  # every sixth of 49 issues


def test_left_out_forecasts_are_of_the_last_year() -> None:
    count = 480 * 24
    mwh = 1000 * np.exp(0.05 * np.random.default_rng(2).normal(size=count))
    history = series_of(at("2025-01-01"), mwh)
    _, left_out = fit_kernel(history, first=0, cut=count, plan=DAY_AHEAD, parameters=PARAMETERS, left_out=True)
    assert left_out.issue.min() >= count - LEFT_OUT_DAYS * DAY
    assert left_out.issue.min() < count - (LEFT_OUT_DAYS - 1) * DAY
    assert len(set(left_out.issue)) == LEFT_OUT_DAYS - 1  # the newest issue's day has not come


def test_left_out_forecasts_are_by_positions_of_the_history(west: SeriesHistory, half_year: RawHistory) -> None:
    first = west.position(at("2026-05-10T12:00"))
    _, left_out = fit(west, half_year.now, first=first, plan=DAY_AHEAD, left_out=True)
    assert left_out.issue.min() >= first
    local = west.hours(left_out.issue).tz_localize("UTC").tz_convert("Europe/Copenhagen")
    assert set(local.hour) == {10}
    truth = np.log(west.truth(west.position(half_year.now))[left_out.hour])
    assert np.abs(left_out.log_mwh - truth).mean() < 0.03


def test_none_are_left_out_unless_asked_for(west: SeriesHistory, half_year: RawHistory) -> None:
    _, left_out = fit(west, half_year.now, plan=DAY_AHEAD)
    assert len(left_out.issue) == len(left_out.hour) == len(left_out.log_mwh) == 0


@settings(deadline=None, max_examples=30)
@given(first=st.integers(0, 4000), length=st.integers(0, 400))
def test_the_known_part_of_a_series_holds_what_was_published_at_the_cut_and_no_more(
    west: SeriesHistory, first: int, length: int
) -> None:
    cut, runs = first + length, np.arange(len(west)) + np.random.default_rng(first).integers(-60, 30, len(west))
    west = replace(west, weather_run=runs.astype(float))
    part = known_part(west, first, cut)
    assert len(part) == min(length, len(west) - first)
    assert part.start == west.start + timedelta(hours=first)
    positions = first + np.arange(len(part))
    np.testing.assert_array_equal(part.preliminary, np.where(positions <= cut - 3, west.preliminary[positions], np.nan))
    assert np.isnan(part.settled).all()
    assert not (part.weather_run > length).any()
    assert np.isnan(part.weather[0, np.isnan(part.weather_run)]).all()
    np.testing.assert_array_equal(part.weather[1:], west.weather[1:, positions])
    np.testing.assert_array_equal(part.weather_run, np.where(runs[positions] <= cut, runs[positions] - first, np.nan))


def test_examples_are_what_was_known_and_what_came(west: SeriesHistory, half_year: RawHistory) -> None:
    grid, cut = ClockGrid(west), west.position(half_year.now)
    log_truth = np.log(west.truth(cut))
    for one in examples(grid, log_truth, first=1000, last=cut, plan=DAY_AHEAD):
        assert one.key == (10, 1)
        assert ((one.issues >= 1000) & (one.issues < cut)).all()
        np.testing.assert_allclose(one.level, level_of(west, one.issues))
        hours, there = grid.position_of(one.clock), grid.position[one.clock] >= 0
        expected = np.where(there & (hours < cut - 2), log_truth[hours], np.nan)
        np.testing.assert_allclose(one.outputs + one.level[:, None], expected)


@pytest.mark.parametrize(("known_hours", "learned"), [(24, True), (12, True), (11, False), (0, False)])
def test_a_day_of_which_most_is_not_known_is_not_learned_from(west: SeriesHistory, known_hours: int, learned: bool) -> None:
    day = west.position(at("2026-06-10T22:00"))  # local midnight
    log_truth = np.log(west.truth())
    log_truth[day + known_hours : day + DAY] = np.nan
    (one,) = examples(ClockGrid(west), log_truth, first=1000, last=4000, plan=DAY_AHEAD)
    assert (day - 14 in one.issues) == learned
    assert FEW_KNOWN_SHARE == 12 / 24


def test_an_issue_that_does_not_know_its_weeks_is_not_learned_from(west: SeriesHistory) -> None:
    (one,) = examples(ClockGrid(west), np.log(west.truth()), first=0, last=4000, plan=DAY_AHEAD)
    assert one.issues.min() >= 27 * DAY
    assert len(examples_of((10, 1), ClockGrid(west), np.log(west.truth()), first=0, last=4000).issues) > len(one.issues)


@pytest.mark.parametrize("local_hour", [0, 1, 22, 23])
def test_outputs_are_the_hours_of_the_day_ahead(west: SeriesHistory, local_hour: int) -> None:
    for ahead in DAYS_AHEAD:
        one = examples_of((local_hour, ahead), ClockGrid(west), np.log(west.truth()), first=0, last=4000)
        assert one.outputs.shape == one.clock.shape == (len(one.issues), len(target_hours(local_hour, ahead)))
        assert (one.clock // DAY - ClockGrid(west).clock_of(one.issues)[:, None] // DAY == ahead).all()


def test_some_examples_are_those_rows(west: SeriesHistory) -> None:
    one = examples_of((10, 1), ClockGrid(west), np.log(west.truth()), first=0, last=4000)
    some = one[np.array([50, 3])]
    assert some.issues.tolist() == one.issues[[50, 3]].tolist()
    np.testing.assert_array_equal(some.outputs, one.outputs[[50, 3]])
    np.testing.assert_array_equal(some.states["newest day"], one.states["newest day"][[50, 3]])


def test_a_plan_of_few_issues_makes_the_regressions_that_a_plan_of_all_makes(west: SeriesHistory, half_year: RawHistory) -> None:
    few, _ = fit(west, half_year.now, plan=every(12))
    for key, learned in few.learned.items():
        both, _ = fit(west, half_year.now, plan=IssuePlan((key[0],), (key[1],)))
        np.testing.assert_array_equal(both.learned[key].regression.weights, learned.regression.weights)
