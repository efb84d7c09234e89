"""A lake as a portable folder, and back."""

import json
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from upath import UPath

from energy_dagster.domain.tables import PREDICTIONS, RAW_LOAD
from energy_dagster.io_managers.lake import Lake
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.io_managers.transfer import MANIFEST, BrokenExport, Transferred, export_lake, import_lake
from energy_dagster.io_managers.upkeep import keep_up
from energy_dagster_tests.io_managers.house import House
from energy_dagster_tests.io_managers.lake_writing import files_of, write_load
from energy_dagster_tests.io_managers.samples import AT, RUN, later, load_rows, prediction_rows, tiny_model

MUCH_LATER = AT + timedelta(days=100)


def fill(root: str) -> Lake:
    """A lake of revisions, a pack, and a model."""
    lake = Lake(root)
    for hours, mwh in enumerate((1.0, 2.0)):
        write_load(lake, load_rows("2026-06-01", "2026-06-02", mwh=mwh), hours=hours)
    for number, issue in enumerate(("2026-06-01T10", "2026-06-01T11")):
        lake.write(PREDICTIONS, issue, prediction_rows(f"{issue}:00"), at=later(number), run_id=RUN)
    ModelStore(root).write("2026-06-01", tiny_model("a"), at=AT, run_id=RUN)
    return lake


def exported(lake: Lake, folder: Path) -> Transferred:
    return export_lake(lake, UPath(folder), as_of=MUCH_LATER, now=MUCH_LATER)


def said(lake: Lake) -> tuple[list[str], str, str]:
    versions = [str(version) for name in ("raw_load", "predictions") for version in lake.versions(name)]
    rows = lake.read(RAW_LOAD, ["2026-06-01"]).to_json(), lake.read(PREDICTIONS, ["2026-06-01T10", "2026-06-01T11"]).to_json()
    return versions, *rows


@pytest.mark.parametrize("is_packed", [False, True], ids=["loose", "packed"])
def test_an_export_brought_in_says_the_same(root: str, tmp_path: Path, *, is_packed: bool) -> None:
    lake = fill(root)
    if is_packed:
        keep_up(lake, now=MUCH_LATER - timedelta(days=20))
    done, other = exported(lake, tmp_path / "out"), Lake(str(tmp_path / "other"))
    assert import_lake(other, UPath(tmp_path / "out")) == done
    assert said(other) == said(lake)
    mine, theirs = (ModelStore(str(one.root)) for one in (lake, other))
    assert mine.versions() == theirs.versions()
    assert mine.read(mine.versions()[0]).meta == theirs.read(theirs.versions()[0]).meta


def test_an_export_may_lie_in_an_object_store(tmp_path: Path, s3_root: str) -> None:
    lake, other = fill(str(tmp_path / "lake")), Lake(str(tmp_path / "other"))
    done = export_lake(lake, UPath(f"{s3_root}/backup"), as_of=MUCH_LATER, now=MUCH_LATER)
    assert import_lake(other, UPath(f"{s3_root}/backup")) == done
    assert said(other) == said(lake)


def test_the_warehouse_of_an_import_is_that_of_the_lake(tmp_path: Path) -> None:
    here, there = House(tmp_path / "here"), House(tmp_path / "there")
    for mwh in (1.0, 2.0):
        here.write_load(mwh=mwh)
    here.publish(at=5)
    exported(here.lake, tmp_path / "out")
    import_lake(there.lake, UPath(tmp_path / "out"))
    there.publish(at=6)
    assert there.contents() == here.contents()


def test_an_export_holds_what_stood_then_and_no_more(root: str, tmp_path: Path) -> None:
    lake = fill(root)
    export_lake(lake, UPath(tmp_path / "out"), as_of=AT, now=MUCH_LATER)
    other = Lake(str(tmp_path / "other"))
    import_lake(other, UPath(tmp_path / "out"))
    pd.testing.assert_frame_equal(other.read(RAW_LOAD, ["2026-06-01"]), lake.read(RAW_LOAD, ["2026-06-01"], as_of=AT))
    assert other.partitions("predictions") == ["2026-06-01T10"]


def test_importing_again_changes_nothing(tmp_path: Path) -> None:
    done = exported(fill(str(tmp_path / "lake")), tmp_path / "out")
    other = Lake(str(tmp_path / "other"))
    import_lake(other, UPath(tmp_path / "out"))
    before = files_of(other)
    again = import_lake(other, UPath(tmp_path / "out"))
    assert again.there_before == done.files
    assert files_of(other) == before


def test_an_import_joins_what_is_there(tmp_path: Path) -> None:
    exported(fill(str(tmp_path / "lake")), tmp_path / "out")
    other = Lake(str(tmp_path / "other"))
    newer = write_load(other, load_rows("2026-06-01", "2026-06-02", mwh=9.0), hours=50)
    import_lake(other, UPath(tmp_path / "out"))
    assert newer.version in set(other.versions("raw_load"))
    assert other.read(RAW_LOAD, ["2026-06-01"])["consumption_mwh"].unique().tolist() == [9.0]


def one_file(folder: Path) -> Path:
    return next(folder.glob("raw_load/*/*.parquet"))


def lose(folder: Path) -> None:
    one_file(folder).unlink()


def garble(folder: Path) -> None:
    payload = bytearray(one_file(folder).read_bytes())
    payload[100] ^= 1
    one_file(folder).write_bytes(bytes(payload))


def lose_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def halve_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_bytes((folder / MANIFEST).read_bytes()[:300])


def leave_the_folder(folder: Path) -> None:
    document = json.loads((folder / MANIFEST).read_text())
    document["files"][0]["path"] = "../elsewhere.parquet"
    (folder / MANIFEST).write_text(json.dumps(document))


def be_of_the_future(folder: Path) -> None:
    (folder / MANIFEST).write_text(json.dumps({"format": 99, "files": []}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lose, r"raw_load/.*: expected a file of \d+ bytes, found none"),
        (garble, r"raw_load/.*: expected SHA-256 .*, found "),
        (lose_manifest, "expected an export, found no manifest.json in "),
        (halve_manifest, "expected the manifest of an export, found otherwise"),
        (leave_the_folder, r"expected files below the folder, found '\.\./elsewhere"),
        (be_of_the_future, "expected an export of format 1, found 99"),
    ],
)
def test_a_broken_export_is_named_and_nothing_of_it_is_brought_in(tmp_path: Path, damage: object, message: str) -> None:
    exported(fill(str(tmp_path / "lake")), tmp_path / "out")
    assert callable(damage)
    damage(tmp_path / "out")
    other = Lake(str(tmp_path / "other"))
    with pytest.raises(BrokenExport, match=message):
        import_lake(other, UPath(tmp_path / "out"))
    assert files_of(other) == []


def test_another_file_of_the_same_name_is_not_replaced(tmp_path: Path) -> None:
    lake = fill(str(tmp_path / "lake"))
    exported(lake, tmp_path / "out")
    other = Lake(str(tmp_path / "other"))
    write_load(other, load_rows("2026-06-01", "2026-06-02", mwh=7.0))
    with pytest.raises(BrokenExport, match=r"raw_load/.*: expected none or the same in .*, found another of that name"):
        import_lake(other, UPath(tmp_path / "out"))
    assert other.read(RAW_LOAD, ["2026-06-01"])["consumption_mwh"].unique().tolist() == [7.0]


def test_a_folder_that_holds_files_is_not_exported_to(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(BrokenExport, match="expected an empty folder to export to, found files in"):
        exported(fill(str(tmp_path / "lake" / "of" / "another")), tmp_path)
