"""The mirrors at a real cluster, for whoever has a key: `.venv-contract/bin/pytest -m live_hopsworks`, with HOPSWORKS_HOST,
HOPSWORKS_PROJECT and HOPSWORKS_API_KEY in the environment.

Groups, view and model have names of their own, and are deleted afterwards. What was seen is left in a dated file below
`docs/evidence`. ENERGY_HOPSWORKS_MODE and HOPSWORKS_TRUST_STORE_PATH are as for the platform.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pandas as pd
import pytest

from energy_dagster.domain import feature_groups
from energy_dagster.domain.feature_groups import FeatureGroup
from energy_dagster.domain.tables import CONSUMPTION_FEATURES, ERROR_METRICS, Table
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.own_registry import to_register
from energy_dagster.resources import hopsworks_client, hopsworks_groups, hopsworks_registry
from energy_dagster.resources.hopsworks_client import Access, within
from energy_dagster.resources.hopsworks_groups import HopsworksFeatureStore, Mode
from energy_dagster.resources.hopsworks_registry import HopsworksRegistry
from energy_dagster_tests.contract.hopsworks_access import DAY, MONTH, rows_of
from energy_dagster_tests.io_managers.samples import RUN, later, tiny_model

GIVEN = {name: os.environ.get(f"HOPSWORKS_{name}", "") for name in ("HOST", "PROJECT", "API_KEY")}
PORT, TRUST_STORE = int(os.environ.get("HOPSWORKS_PORT", "443")), os.environ.get("HOPSWORKS_TRUST_STORE_PATH")
MODE = cast("Mode", os.environ.get("ENERGY_HOPSWORKS_MODE", "delta"))
SECONDS = 900.0
EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence"

pytestmark = [
    pytest.mark.network,
    pytest.mark.live_hopsworks,
    pytest.mark.timeout(4 * SECONDS),
    pytest.mark.skipif(
        not all(GIVEN.values()) or find_spec("hopsworks") is None, reason="needs HOPSWORKS_HOST, _PROJECT, _API_KEY"
    ),
    pytest.mark.filterwarnings("default"),  # a real cluster may have something to warn of
]


@pytest.fixture
def access(tmp_path: Path) -> Iterator[Access]:
    yield Access(GIVEN["HOST"], PORT, GIVEN["PROJECT"], GIVEN["API_KEY"], TRUST_STORE, str(tmp_path), SECONDS)
    hopsworks_client.log_out()


@pytest.fixture
def unique(access: Access, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Table]]:
    """The tables under names of their own; groups, view and models of these names are deleted afterwards."""
    suffix = uuid4().hex[:8]
    tables = {table.name: replace(table, name=f"{table.name}_try_{suffix}") for table in (CONSUMPTION_FEATURES, ERROR_METRICS)}
    for table in tables.values():
        monkeypatch.setitem(feature_groups.GROUPS, table.name, FeatureGroup(table, 1, "a try"))
    view, model = f"training_features_try_{suffix}", f"forecast_model_try_{suffix}"
    monkeypatch.setattr(hopsworks_groups, "CONSUMPTION_FEATURES", tables["consumption_features"])
    monkeypatch.setattr(hopsworks_groups, "VIEW", view)
    monkeypatch.setattr(hopsworks_registry, "MODEL_NAME", model)
    yield tables

    def clean_up(project: Any) -> None:
        store, registry = project.get_feature_store(), project.get_model_registry()
        made = [store.get_feature_view(view, version=1)]
        made += [store.get_feature_group(table.name, version=1) for table in tables.values()]
        for one in [*made, *(registry.get_models(model) or [])]:
            if one is not None:
                one.delete()

    within(access, "Cleaning up", clean_up)


def test_rows_training_data_and_a_model_go_there_and_come_back(access: Access, unique: dict[str, Table], tmp_path: Path) -> None:
    seen: dict[str, Any] = {"host": access.host, "mode": MODE, "at": datetime.now(UTC).isoformat(timespec="seconds")}
    store, registry = HopsworksFeatureStore(access, MODE), HopsworksRegistry(access)
    for table, partition in ((unique["error_metrics"], DAY), (unique["consumption_features"], MONTH)):
        for count in (24, 20):
            began = time.monotonic()
            replaced = store.replace(table, partition, rows_of(table, partition, count))
            seen[f"{table.name}, {count} rows"] = {"deleted": replaced.deleted, "seconds": round(time.monotonic() - began, 1)}
        pd.testing.assert_frame_equal(store.read(table, partition), rows_of(table, partition, 20), check_exact=True)
    data = store.training_data([MONTH], "a try")
    pd.testing.assert_frame_equal(data.rows, rows_of(unique["consumption_features"], MONTH, 20), check_exact=True)
    models = ModelStore(str(tmp_path / "lake"))
    model = to_register(models, models.write("2026-06-01", tiny_model(), at=later(0), run_id=RUN))
    assert registry.save(model).added
    assert registry.fetch(model.number) == model.files
    assert not registry.save(model).added
    seen |= {"training dataset": str(data.dataset), "model": model.number, "outcome": "all came back equal"}
    EVIDENCE.mkdir(exist_ok=True)
    written = EVIDENCE / f"hopsworks-{MODE}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    written.write_text(json.dumps(seen, indent=1), encoding="utf-8")
