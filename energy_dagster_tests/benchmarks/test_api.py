import doctest
import importlib
from typing import Any

import pandas as pd
import pytest

from benchmarks.api import DifferentAnswers, check_alike
from benchmarks.api_peers.workload import Question, mixed
from benchmarks.api_tables import api_text, goals

QUESTION = Question("actuals", "a week", "/old", tuple(f"/{number}" for number in range(9)), "hour_utc", "consumption_mwh")
OURS = "ours"


def cell(*, way: str, per_second: float, p99_ms: float = 5.0, errors: int = 0) -> dict[str, Any]:
    measured = {"requests": 90, "seconds": 3.0, "bytes": 900, "p50_ms": 1.0, "p99_ms": p99_ms, "errors": errors}
    return {"question": "actuals", "way": way, "connections": 16, "per_second": per_second} | measured


def found(*, computed: float = 200.0, after_mb: float = 151.0, errors: int = 0) -> dict[str, Any]:
    cells = {
        OURS: [cell(way="same", per_second=5000.0, errors=errors), cell(way="different", per_second=computed, p99_ms=80.0)],
        "parquet": [cell(way="same", per_second=50.0), cell(way="different", per_second=50.0)],
        "frame": [cell(way="same", per_second=500.0), cell(way="different", per_second=500.0)],
    }
    memory = {"requests": 100_000, "errors": 0, "before_mb": 90.0, "half_mb": 150.0, "after_mb": after_mb}
    kept = {"half_kept_mb": 60.0, "after_kept_mb": 60.0}
    measured = {
        "on": "2026-11-27",
        "cores": 2,
        "processor": "",
        "seconds": 3,
        "versions": {"granian": "2"},
        "peer_versions": ["a==1"],
    }
    extra = {"title": "zstd"} | cell(way="same", per_second=10.0)
    sizes = dict.fromkeys(cells, 31_000)
    answers = [{"question": "actuals", "title": "a week", "rows": 168, "bytes": sizes}]
    return {
        "answers": answers,
        "cells": cells,
        "extras": [extra],
        "memory": dict.fromkeys(cells, memory | kept),
        "measured": measured,
    }


def met(**changed: Any) -> dict[str, bool]:
    return {one.goal.split(";")[0] + (" all differ" if "differ" in one.goal else ""): one.met for one in goals(found(**changed))}


@pytest.mark.parametrize("module", ["api_tables", "api_peers.workload"])
def test_the_examples_in_the_benchmark_of_the_api_hold(module: str) -> None:
    assert doctest.testmod(importlib.import_module(f"benchmarks.{module}")).failed == 0


def test_a_goal_is_judged_in_both_ways_of_asking_and_a_miss_is_told() -> None:
    judged = met()
    assert judged["at least 10 times the throughput of *Parquet read per request*"]
    assert not judged["at least 10 times the throughput of *Parquet read per request* all differ"]
    assert not judged["ahead of the throughput of *frame kept in memory* all differ"]
    assert not judged["p99 under 25 ms at 16 connections all differ"]
    assert "0.40 times (a week, 16 connections, where it is least) | **no** |" in api_text(found())


def test_memory_that_grows_in_the_second_half_and_a_failed_request_miss_their_goals() -> None:
    assert [one.met for one in goals(found())][-2:] == [True, True]
    assert [one.met for one in goals(found(after_mb=161.0, errors=1))][-2:] == [False, False]


def test_every_row_of_the_tables_of_the_api_has_as_many_cells_as_its_head() -> None:
    cells = 0
    for line in api_text(found()).splitlines():
        cells = (cells or line.count("|")) if line.startswith("|") else 0
        assert line.count("|") == cells, line


def test_every_so_many_th_request_is_new_and_no_new_one_comes_twice() -> None:
    asked = mixed([QUESTION], 20, one_new_in=4)
    new = [path for path in asked if path != "/old"]
    assert len(asked) == 20
    assert new == list(dict.fromkeys(new)) == list(QUESTION.varied[:5])


def test_answers_of_other_hours_or_values_are_refused() -> None:
    ours = pd.DataFrame({"hour_utc": ["2026-06-01T00:00:00Z", "2026-06-01T01:00:00Z"], "consumption_mwh": [1.0, None]})
    theirs = ours.assign(hour_utc=["2026-06-01T00:00:00.000", "2026-06-01T01:00:00.000"])
    check_alike(QUESTION, "/old", {OURS: ours, "frame": theirs})
    with pytest.raises(DifferentAnswers, match="or of other hours"):
        check_alike(QUESTION, "/old", {OURS: ours, "frame": theirs.iloc[:1]})
    with pytest.raises(DifferentAnswers, match="consumption_mwh of ours and frame differ"):
        check_alike(QUESTION, "/old", {OURS: ours, "frame": theirs.assign(consumption_mwh=[1.1, 2.0])})
