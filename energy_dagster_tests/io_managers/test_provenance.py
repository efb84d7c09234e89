"""Where a number came from, back to what was read from the sources."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from dagster import AssetExecutionContext, BackfillPolicy, DagsterInstance, asset, build_output_context, materialize

from energy_dagster.domain.tables import PREDICTIONS, RAW_LOAD
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.managers import LakeIOManager, ModelIOManager
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.provenance import READS, Provenance
from energy_dagster.partitions import MONTHS
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.experiment_tracker import ExperimentTracker
from energy_dagster.storage.code_identity import code_identity
from energy_dagster.store.reader import Store
from energy_dagster_tests.brought_up import NOW, BroughtUp
from energy_dagster_tests.io_managers.house import House
from energy_dagster_tests.io_managers.samples import AT, RUN, later, load_rows, prediction_rows, tiny_model

MONTH = "2026-06-01"


@asset(partitions_def=MONTHS, io_manager_key="lake", backfill_policy=BackfillPolicy.single_run())
def raw_load(context: AssetExecutionContext) -> pd.DataFrame:
    window = context.partition_time_window
    return load_rows(f"{window.start:%Y-%m-%d}", f"{window.end:%Y-%m-%d}")


@asset(partitions_def=MONTHS, io_manager_key="lake", backfill_policy=BackfillPolicy.single_run())
def raw_settlement(raw_load: pd.DataFrame) -> pd.DataFrame:
    return raw_load


@asset(partitions_def=MONTHS, io_manager_key="models", backfill_policy=BackfillPolicy.single_run())
def forecast_model(raw_load: pd.DataFrame) -> dict[str, object]:
    return {MONTH: tiny_model("a")}


def run(root: str, *, month: str = MONTH) -> str:
    clock = Clock()
    models = ModelIOManager(root=root, clock=clock, experiments=ExperimentTracker())
    resources = {"lake": LakeIOManager(root=root, clock=clock), "models": models}
    with DagsterInstance.ephemeral() as instance:
        made = materialize([raw_load, raw_settlement, forecast_model], partition_key=month, instance=instance, resources=resources)
    return made.run_id


def test_a_version_names_what_its_run_read_by_which_code(root: str) -> None:
    run_id = run(root)
    lake = Lake(root)
    (source,), (made,) = lake.versions("raw_load"), lake.versions("raw_settlement")
    assert lake.provenance(source) == Provenance({}, code_identity(), run_id)
    assert lake.provenance(made) == Provenance({"raw_load": {MONTH: source.version}}, code_identity(), run_id)


def test_a_model_names_what_it_was_trained_from(tmp_path: Path) -> None:
    run_id = run(str(tmp_path))
    (source,), store = Lake(str(tmp_path)).versions("raw_load"), ModelStore(str(tmp_path))
    (version,) = store.versions()
    meta = store.read_meta(version)
    assert (meta.inputs, meta.code, meta.run_id) == ({"raw_load": {MONTH: source.version}}, code_identity(), run_id)
    assert store.read(version).meta == meta


def test_steps_do_not_mix_up_what_they_read(root: str) -> None:
    run(root)
    run(root, month="2026-07-01")
    for version in Lake(root).versions("raw_settlement"):
        assert list(Lake(root).provenance(version).inputs["raw_load"]) == [version.partition]


def test_outside_of_a_run_nothing_was_read() -> None:
    assert READS.provenance(build_output_context(run_id="run-1")) == Provenance({}, code_identity(), "run-1")


def test_the_identity_of_the_code_is_its_release_and_a_digest() -> None:
    release, _, digest = code_identity().partition("+")
    assert release.split(".")[0].isdigit()
    assert len(digest) == 12
    assert int(digest, 16) >= 0


def test_other_code_has_another_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from energy_dagster.storage import code_identity as module

    folder = tmp_path / "energy_dagster" / "domain"
    folder.mkdir(parents=True)
    monkeypatch.setattr(module, "__file__", str(tmp_path / "energy_dagster" / "storage" / "code_identity.py"))
    found = []
    for name, text in (("model.py", "A = 1"), ("model.py", "A = 2"), ("other.py", "A = 2")):
        (folder / name).write_text(text, encoding="utf-8")
        module.code_identity.cache_clear()
        found.append(module.code_identity())
    module.code_identity.cache_clear()
    assert len(set(found)) == 3


def write_issue(house: House, issue: str, *, hours: int, mwh: float, origin: str, inputs: dict[str, dict[str, str]]) -> None:
    rows = prediction_rows(issue, mwh=mwh).assign(origin=origin)
    house.lake.write(
        PREDICTIONS, issue[:13], rows, at=later(hours), run_id=RUN, provenance=Provenance(inputs, f"code-{hours}", f"run-{hours}")
    )


ISSUE = "2026-06-01T10:00"
ISSUED_AT = datetime(2026, 6, 1, 10, tzinfo=UTC)


def served(house: House, *, revision: int | None = None) -> tuple[float, int]:
    with Store(house.folder / "warehouse") as store:
        row = store.forecast("DK1", issued_at=ISSUED_AT, revision=revision).rows[0]
    return row.quantiles[5], row.revision


def test_the_first_live_revision_is_served_and_scored_and_all_can_be_asked_for(house: House) -> None:
    for hours, (mwh, origin) in enumerate(((1.0, "replay"), (2.0, "live"), (3.0, "live"), (4.0, "replay"))):
        write_issue(house, ISSUE, hours=hours, mwh=mwh, origin=origin, inputs={})
    house.publish(at=9)
    assert served(house) == (2.0, 2)
    assert set(house.lake.read(PREDICTIONS, [ISSUE[:13]])["q50"]) == {2.0}
    assert [served(house, revision=number) for number in (1, 2, 3, 4)] == [(1.0, 1), (2.0, 2), (3.0, 3), (4.0, 4)]
    with Store(house.folder / "warehouse") as store:
        revisions = store.revisions_of(ISSUED_AT).rows
        assert store.forecast("DK1", issued_at=ISSUED_AT, revision=5).rows == []
    assert [(one.revision, one.served, one.origin, one.code_version) for one in revisions] == [
        (1, False, "replay", "code-0"),
        (2, True, "live", "code-1"),
        (3, False, "live", "code-2"),
        (4, False, "replay", "code-3"),
    ]


def test_without_a_live_revision_the_newest_replay_is_served_and_scored(house: House) -> None:
    for hours, mwh in enumerate((1.0, 2.0)):
        write_issue(house, ISSUE, hours=hours, mwh=mwh, origin="replay", inputs={})
    house.publish(at=9)
    assert served(house) == (2.0, 2)
    assert set(house.lake.read(PREDICTIONS, [ISSUE[:13]])["q50"]) == {2.0}


def test_a_served_number_leads_back_to_its_sources(house: House) -> None:
    """Also after newer versions took the place of those it was made from, in a warehouse that grew and in one made anew."""
    raw = house.lake.write(RAW_LOAD, MONTH, load_rows(MONTH, "2026-06-02"), at=AT, run_id=RUN).version
    model = house.models.write("2026-06-01", tiny_model("a"), at=AT, run_id=RUN)
    made_from = {"raw_load": {MONTH: raw.version}, "forecast_model": {model.partition: model.version}}
    write_issue(house, ISSUE, hours=1, mwh=1.0, origin="live", inputs=made_from)
    house.publish(at=5)
    house.lake.write(RAW_LOAD, MONTH, load_rows(MONTH, "2026-06-02", mwh=2.0), at=later(2), run_id="another")
    house.publish(at=6)
    for publication in (7, 8):
        with Store(house.folder / "warehouse") as store:
            ancestors = store.lineage(ISSUED_AT).rows
        assert [(one.steps, one.asset, one.version) for one in ancestors][1:] == [
            (1, "forecast_model", model.version),
            (1, "raw_load", raw.version),
        ]
        assert (ancestors[0].steps, ancestors[0].asset, ancestors[0].code_version) == (0, "predictions", "code-1")
        assert ancestors[2].run_id == RUN
        (house.folder / "warehouse" / "CURRENT").unlink()
        house.publish(at=publication)


def test_an_issue_that_is_not_there_leads_nowhere(house: House) -> None:
    house.write_load()
    house.publish(at=1)
    with Store(house.folder / "warehouse") as store:
        assert store.lineage(ISSUED_AT).rows == []
        assert store.revisions_of(ISSUED_AT).rows == []


def test_the_real_graph_leads_from_a_number_to_the_sources(brought_up: BroughtUp) -> None:
    issued_at = NOW.replace(minute=0)
    with Store(brought_up.settings.warehouse) as store:
        ancestors = store.lineage(issued_at).rows
        models = {one.model_version: json.loads(one.inputs) for one in store.models().rows}
    by_step = {steps: {one.asset for one in ancestors if one.steps == steps} for steps in range(5)}
    assert by_step == {
        0: {"predictions"},
        1: {"consumption_features", "forecast_model"},
        2: {"consumption", "raw_weather"} | (by_step[2] & {"consumption_features"}),
        3: {"raw_load", "raw_settlement"} | (by_step[3] & {"consumption", "raw_weather"}),
        4: by_step[4] & {"raw_load", "raw_settlement"},
    }
    assert {one.code_version for one in ancestors} == {code_identity()}
    assert all(set(inputs) == {"consumption_features"} for inputs in models.values())
