"""The client is written by hand; these keep it in step with the API, and free of it."""

import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

import httpx
import msgspec
import pytest

from api import problems, schemas
from energy_client import questions, rows
from energy_client.client import EnergyClient
from energy_client.problems import ProblemDetails
from energy_dagster.domain.tables import AREAS, LEAD_BUCKET_NAMES
from energy_dagster.store.answering import Period
from energy_dagster.store.rows import Dimension
from energy_dagster_tests.client.servers import ApiServer

CLIENT = Path(__file__).parents[2] / "client"

KINDS: list[tuple[type[msgspec.Struct], type[msgspec.Struct]]] = [
    (rows.Snapshot, schemas.SnapshotBody),
    (rows.SeriesRow, schemas.SeriesRow),
    (rows.ForecastRow, schemas.ForecastRow),
    (rows.ActualRow, schemas.ActualRow),
    (rows.RevisionRow, schemas.RevisionRow),
    (rows.ErrorRow, schemas.ErrorRow),
    (rows.ScorecardRow, schemas.ScorecardRow),
    (rows.IssueRow, schemas.IssueRow),
    (rows.ProvenanceRow, schemas.ProvenanceRow),
    (rows.ModelRow, schemas.ModelRow),
    (rows.TableRow, schemas.TableRow),
    (rows.Health, schemas.Health),
    (ProblemDetails, problems.ProblemDetails),
]


def _fields(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Names and types, in order; a field that may be absent counts as one that may be None."""
    hints = get_type_hints(kind)
    return {
        field.name: set(get_args(hints[field.name])) - {msgspec.UnsetType} | {type(None)}
        if msgspec.UnsetType in get_args(hints[field.name])
        else set(get_args(hints[field.name])) or {hints[field.name]}
        for field in msgspec.structs.fields(kind)
    }


@pytest.mark.parametrize(("ours", "theirs"), KINDS, ids=lambda kind: kind.__name__)
def test_rows_have_the_fields_and_types_of_the_api(ours: type[msgspec.Struct], theirs: type[msgspec.Struct]) -> None:
    assert list(_fields(ours)) == list(_fields(theirs))
    assert _fields(ours) == _fields(theirs)


def test_every_kind_of_row_of_the_api_is_known() -> None:
    theirs = {kind for name, kind in vars(schemas).items() if name.endswith("Row")}
    assert theirs == {theirs for _, theirs in KINDS if theirs.__name__.endswith("Row")}


def test_the_envelope_is_that_of_the_api() -> None:
    assert set(_fields(rows.Answer)) == set(_fields(schemas.ActualsAnswer))


def test_every_row_is_frozen() -> None:
    assert all(ours.__struct_config__.frozen for ours, _ in KINDS)


def test_choices_are_those_of_the_platform() -> None:
    assert get_args(rows.Area) == tuple(AREAS)
    assert get_args(rows.LeadBucket) == tuple(LEAD_BUCKET_NAMES)
    assert get_args(rows.Period) == get_args(Period)
    assert get_args(rows.Dimension) == get_args(Dimension)


ASKED: dict[str, Callable[[], questions.Question[Any]]] = {
    "/v1/series": questions.series,
    "/v1/series/{area}/{consumer_group}": lambda: questions.one_series("DK1"),
    "/v1/forecasts": lambda: questions.forecasts("DK1"),
    "/v1/forecasts/day-ahead/{delivery_day}": lambda: questions.day_ahead("DK1", delivery_day=date(2026, 6, 18)),
    "/v1/issues": questions.issues,
    "/v1/provenance": questions.provenance,
    "/v1/actuals": lambda: questions.actuals("DK1"),
    "/v1/revisions": lambda: questions.revisions("DK1"),
    "/v1/errors": lambda: questions.errors("DK1"),
    "/v1/scorecard": questions.scorecard,
    "/v1/models": questions.models,
    "/v1/models/{model_version}": lambda: questions.model("model-b"),
    "/v1/snapshot": questions.snapshot,
}
"""One question of each route; the events have a module of their own."""

FUNCTIONS = {
    name: function
    for name, function in vars(questions).items()
    if inspect.isfunction(function) and function.__module__ == questions.__name__ and not name.startswith("_")
}


def _documented(server: ApiServer) -> dict[str, Any]:
    paths: dict[str, Any] = httpx.get(f"{server.address}/docs/openapi.json").json()["paths"]
    return {path: item["get"] for path, item in paths.items() if path.startswith("/v1/")}


def test_every_route_can_be_asked_and_each_is_an_attribute_of_the_client(server: ApiServer) -> None:
    assert {*ASKED, "/v1/events"} == set(_documented(server))
    assert len(FUNCTIONS) == len(ASKED)
    with EnergyClient(server.address) as client:
        assert [name for name in FUNCTIONS if not callable(getattr(client, name, None))] == []


@pytest.mark.parametrize("path", ASKED)
def test_every_parameter_of_a_route_can_be_given(server: ApiServer, path: str) -> None:
    taken = {parameter["name"] for parameter in _documented(server)[path]["parameters"]} - {"format"}
    asked = ASKED[path]().path
    function = next(one for one in FUNCTIONS.values() if _path(one) == asked)
    assert set(inspect.signature(function).parameters) - {"all_pages"} == taken


def _path(function: Callable[..., questions.Question[Any]]) -> str:
    """The path that a function asks for, with the arguments of ASKED."""
    given: dict[str, Any] = {"area": "DK1", "delivery_day": date(2026, 6, 18), "model_version": "model-b"}
    required = {name: given[name] for name in inspect.signature(function).parameters if name in given}
    return function(**required).path


def test_pages_are_followed_where_the_api_has_pages(server: ApiServer) -> None:
    paged = {path for path, route in _documented(server).items() if {"limit", "start"} <= {p["name"] for p in route["parameters"]}}
    followed = {_path(one) for one in FUNCTIONS.values() if "all_pages" in inspect.signature(one).parameters}
    assert followed == paged


def test_every_time_parameter_is_checked() -> None:
    naive = datetime(2026, 6, 17)  # noqa: DTZ001 - what is refused
    given: dict[str, Any] = {"area": "DK1"}
    for function in FUNCTIONS.values():
        names = inspect.signature(function).parameters
        for name in {"start", "end", "as_of", "issued_at"} & set(names):
            asked = {key: value for key, value in given.items() if key in names} | {name: naive}
            with pytest.raises(ValueError, match=f"{name}: expected an aware time"):
                function(**asked)


def test_importing_the_client_loads_nothing_of_the_platform_nor_of_the_extra() -> None:
    modules = ["client", "connection", "events", "frames", "kept_replies", "pages", "problems", "questions", "rows"]
    forbidden = {"energy_dagster", "api", "ui", "dagster", "litestar", "pandas", "pyarrow", "duckdb"}
    code = f"import sys, {', '.join(f'energy_client.{name}' for name in modules)}; print(*sorted(set(sys.modules) & {forbidden!r}))"
    environment = {**os.environ, "PYTHONPATH": str(CLIENT)}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert done.stdout.strip() == ""
