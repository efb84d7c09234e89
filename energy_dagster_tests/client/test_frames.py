import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pandas as pd
import pytest

from energy_client.client import EnergyClient, Route
from energy_client.problems import MissingExtra
from energy_client.rows import Answer
from energy_dagster_tests.warehouse_fixture import NOW

Asked = Callable[[EnergyClient], tuple[Answer[Any], pd.DataFrame]]


def _both(route: Route[..., Any], *args: Any, **kwargs: Any) -> tuple[Answer[Any], pd.DataFrame]:
    return route(*args, **kwargs), route.frame(*args, **kwargs)


@pytest.mark.parametrize(
    "asked",
    [
        lambda client: _both(client.series),
        lambda client: _both(client.forecasts, "DK1", quantiles=(0.1, 0.5, 0.9)),
        lambda client: _both(client.forecasts, "DK1", issued_at=(NOW - timedelta(hours=5), NOW), limit=96),
        lambda client: _both(client.day_ahead, "DK2"),
        lambda client: _both(client.issues),
        lambda client: _both(client.provenance),
        lambda client: _both(client.actuals, "DK1", limit=30),
        lambda client: _both(client.revisions, "DK1"),
        lambda client: _both(client.errors, "DK1", limit=40),
        lambda client: _both(client.scorecard, by="day"),
        lambda client: _both(client.snapshot),
    ],
    ids=[
        "series",
        "forecasts",
        "range",
        "day_ahead",
        "issues",
        "provenance",
        "actuals",
        "revisions",
        "errors",
        "scorecard",
        "snapshot",
    ],
)
def test_a_frame_holds_what_the_rows_hold(client: EnergyClient, asked: Asked) -> None:
    answer, frame = asked(client)
    assert len(frame) == len(answer.rows) > 0
    rows = [msgspec.structs.asdict(row) for row in answer.rows]
    absent = {name for name in rows[0] if name not in frame}
    assert all(row[name] is None for row in rows for name in absent)
    for name in rows[0].keys() - absent:
        values = [None if pd.isna(value) else value for value in frame[name].tolist()]
        assert values == [row[name] for row in rows], name
    assert set(frame["snapshot_id"]) == {answer.snapshot.snapshot_id}
    assert set(frame["simulated"]) == {True}


def test_times_in_a_frame_are_aware_and_utc(client: EnergyClient) -> None:
    frame = client.forecasts.frame("DK1")
    for name in ("issued_at", "hour_utc", "consumption_cutoff"):
        assert str(frame[name].dtype) == "datetime64[us, UTC]"


def test_an_empty_frame_has_its_columns(client: EnergyClient) -> None:
    frame = client.actuals.frame("DK1", start=NOW + timedelta(days=300), end=NOW + timedelta(days=301))
    assert frame.empty
    assert {"hour_utc", "consumption_mwh"} <= set(frame.columns)


def test_pages_without_rows_change_nothing_of_a_frame(client: EnergyClient) -> None:
    early, first = NOW - timedelta(days=20), NOW - timedelta(days=12)  # nothing was issued before
    end = first + timedelta(hours=20)
    frame = client.forecasts.frame("DK1", issued_at=(early, end), quantiles=(0.5,), limit=480)
    assert frame.equals(client.forecasts.frame("DK1", issued_at=(first, end), quantiles=(0.5,)))
    assert "q90" not in frame


@pytest.mark.parametrize("name", ["pandas", "pyarrow"])
def test_without_the_extra_a_frame_says_what_to_install(client: EnergyClient, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match=r"pip install 'energy-client\[frames\]'"):
        client.actuals.frame("DK1")
    assert client.actuals("DK1").rows
