from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from energy_dagster.domain.tables import LEAD_BUCKET_NAMES
from energy_dagster.store.reader import Store
from energy_dagster.store.rows import JudgedPeriod, Score
from energy_dagster_tests.warehouse_fixture import AUTUMN, write_snapshot

START = AUTUMN - timedelta(days=7)
END = AUTUMN - timedelta(days=1)


def test_errors_are_cut_to_window_vintage_and_bucket(store: Store) -> None:
    rows = store.errors("DK1", start=START, end=START + timedelta(hours=2), lead_bucket="07-12").rows
    assert [row.period_start for row in rows] == [START, START + timedelta(hours=1)]
    assert {(row.vintage, row.lead_bucket, row.issues) for row in rows} == {("preliminary", "07-12", 6)}


def test_errors_without_a_bucket_hold_every_bucket(store: Store) -> None:
    rows = store.errors("DK1", start=START, end=START + timedelta(hours=1)).rows
    assert [row.lead_bucket for row in rows] == list(LEAD_BUCKET_NAMES)


def test_settled_errors_are_judged_against_settled_truth(store: Store) -> None:
    begin = AUTUMN - timedelta(days=11)
    settled = store.errors("DK", start=begin, end=begin + timedelta(hours=1), vintage="settled").rows[0]
    truth = store.actuals("DK", start=begin, end=begin + timedelta(hours=1), vintage="settled").rows[0]
    assert settled.actual_mwh == truth.consumption_mwh


@dataclass
class Tally:
    """Sums of one group, kept by hand."""

    rows: list[JudgedPeriod] = field(default_factory=list)

    def mean(self, name: str) -> float:
        return float(sum(row.issues * getattr(row, name) for row in self.rows)) / sum(row.issues for row in self.rows)

    def score(self, key: tuple[str, str, date | None]) -> Score:
        area, bucket, day = key
        paired = Tally([row for row in self.rows if row.naive_abs_error_mwh is not None])
        naive = paired.mean("naive_abs_error_mwh") if paired.rows else None
        return Score(
            area=area,
            consumer_group="total",
            lead_bucket=bucket,
            day=day,
            hours=len({row.period_start for row in self.rows}),
            mae_mwh=self.mean("abs_error_mwh"),
            naive_mae_mwh=naive,
            skill=1 - paired.mean("abs_error_mwh") / naive if naive else None,
            bias_mwh=self.mean("error_mwh"),
            wape=self.mean("abs_error_mwh") / self.mean("actual_mwh"),
            pinball_mwh=self.mean("pinball_mwh"),
            coverage_80=self.mean("inside_80"),
            coverage_90=self.mean("inside_90"),
        )


def _recomputed(store: Store, *, by_day: bool) -> dict[tuple[str, str, date | None], Score]:
    tallies: dict[tuple[str, str, date | None], Tally] = defaultdict(Tally)
    for area in ("DK", "DK1", "DK2"):
        for row in store.errors(area, start=START, end=END).rows:
            day = row.period_start.astimezone(ZoneInfo("Europe/Copenhagen")).date() if by_day else None
            for bucket in ("all", row.lead_bucket):
                tallies[area, bucket, day].rows.append(row)
    return {key: tally.score(key) for key, tally in tallies.items()}


def _assert_same(found: Score, expected: Score) -> None:
    for name in Score.__struct_fields__:
        wanted = getattr(expected, name)
        assert getattr(found, name) == (pytest.approx(wanted, rel=1e-9) if isinstance(wanted, float) else wanted), name


@pytest.mark.parametrize("by_day", [False, True])
def test_scores_equal_a_recomputation_in_plain_python(store: Store, by_day: bool) -> None:
    expected = _recomputed(store, by_day=by_day)
    found = store.scores(start=START, end=END, by_day=by_day).rows
    assert len(found) == len(expected)
    for score in found:
        _assert_same(score, expected[score.area, score.lead_bucket, score.day])


def test_a_long_local_day_scores_25_hours(store: Store) -> None:
    scores = store.scores(area="DK", by_day=True).rows
    hours = {score.day: score.hours for score in scores if score.lead_bucket == "all"}
    assert (hours[date(2026, 10, 24)], hours[date(2026, 10, 25)]) == (24, 25)


def test_scores_begin_with_all_leads_then_each_bucket(store: Store) -> None:
    scores = store.scores(area="DK1", consumer_group="total").rows
    assert [score.lead_bucket for score in scores] == ["all", *LEAD_BUCKET_NAMES]


def test_skill_counts_only_hours_where_the_naive_is_known(tmp_path: Path, frames: dict[str, pd.DataFrame]) -> None:
    table = frames["error_metrics"]
    unknown = table["hour_utc"] < pd.Timestamp(END.replace(tzinfo=None)) - pd.Timedelta(days=3)
    half = table.assign(naive_mwh=table["naive_mwh"].mask(unknown), naive_abs_error_mwh=table["naive_abs_error_mwh"].mask(unknown))
    write_snapshot(tmp_path, {"error_metrics": half}, as_of=AUTUMN)
    with Store(tmp_path) as store:
        expected = _recomputed(store, by_day=False)
        scores = store.scores(start=START, end=END).rows
        early = store.scores(start=START, end=START + timedelta(days=1)).rows
    for score in scores:
        _assert_same(score, expected[score.area, score.lead_bucket, None])
    assert {(score.naive_mae_mwh, score.skill) for score in early} == {(None, None)}


def test_a_period_without_errors_has_no_scores(store: Store) -> None:
    assert store.scores(start=AUTUMN, end=AUTUMN + timedelta(days=1)).rows == []
