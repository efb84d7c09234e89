"""`energy rebuild`, `upkeep`, `export` and `import`, as a person uses them."""

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result
from dagster import AssetKey

from energy_dagster.cli import cli
from energy_dagster.domain.tables import TABLES
from energy_dagster.instance import open_instance
from energy_dagster.store.reader import Store
from energy_dagster_tests.brought_up import NOW, BroughtUp
from energy_dagster_tests.test_cli import refused


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def at(folder: Path) -> tuple[str, ...]:
    return ("--data", str(folder), "--now", NOW.isoformat())


def documented(*arguments: str) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def contents(data: Path) -> dict[str, list[tuple[Any, ...]]]:
    pointed = (data / "warehouse" / "CURRENT").read_text().strip()
    with duckdb.connect(str(data / "warehouse" / pointed), read_only=True) as connection:
        return {name: connection.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for name in TABLES}


def test_a_warehouse_that_is_gone_is_made_anew_from_the_lake(own_copy: BroughtUp) -> None:
    before = contents(own_copy.data)
    shutil.rmtree(own_copy.data / "warehouse")
    document = documented("rebuild", *at(own_copy.data))
    assert contents(own_copy.data) == before
    assert document["rows"] == {name: len(rows) for name, rows in before.items()}
    assert document["size_bytes"] > 0


def test_readers_go_on_while_a_whole_warehouse_is_made_anew(own_copy: BroughtUp) -> None:
    with Store(own_copy.settings.warehouse) as store:
        before = store.forecast("DK1")
        document = documented("rebuild", *at(own_copy.data))
        after = store.forecast("DK1")
    assert after.rows == before.rows
    assert before.snapshot.snapshot_id != after.snapshot.snapshot_id == document["snapshot_id"]


def test_an_export_brings_up_another_machine(own_copy: BroughtUp, tmp_path: Path) -> None:
    other = tmp_path / "other"
    exported = documented("export", *at(own_copy.data), "--out", str(tmp_path / "out"))
    imported = documented("import", *at(other), str(tmp_path / "out"))
    assert imported["files"] == exported["files"]
    assert imported["there_before"] == 0
    assert contents(other) == contents(own_copy.data)
    with open_instance(own_copy.data) as mine, open_instance(other) as theirs:
        for asset in ("raw_load", "consumption_features", "predictions", "forecast_model", "error_metrics"):
            key = AssetKey(asset)
            assert theirs.get_materialized_partitions(key) == mine.get_materialized_partitions(key), asset
    again = documented("import", *at(other), str(tmp_path / "out"))
    assert (again["there_before"], again["made_known"]) == (again["files"], 0)


def test_upkeep_says_what_it_did_and_readers_notice_nothing(own_copy: BroughtUp) -> None:
    before = contents(own_copy.data)
    done = documented("upkeep", *at(own_copy.data))
    assert done["packed"] >= 49, "the issues of a month that closed long ago by the machine's clock"
    assert documented("upkeep", *at(own_copy.data)) == {"dropped": 0, "packed": 0, "packs": 0}
    documented("rebuild", *at(own_copy.data))
    assert contents(own_copy.data) == before


def test_words_are_printed_for_people(own_copy: BroughtUp, tmp_path: Path) -> None:
    assert " MB, in " in run("export", *at(own_copy.data), "--out", str(tmp_path / "out")).output
    assert "versions make the snapshot" in run("rebuild", *at(own_copy.data)).output
    assert "versions dropped" in run("upkeep", *at(own_copy.data)).output
    assert "partitions are new to Dagster" in run("import", *at(tmp_path / "other"), str(tmp_path / "out")).output


def test_what_cannot_be_is_told_in_a_sentence(own_copy: BroughtUp, tmp_path: Path) -> None:
    assert "expected an export, found no manifest.json" in refused(run("import", *at(tmp_path / "data"), str(tmp_path / "nowhere")))
    assert "expected an empty folder" in refused(run("export", *at(own_copy.data), "--out", str(own_copy.data)))
    assert "Invalid value for '--keep-days'" in run("upkeep", *at(own_copy.data), "--keep-days", "0").output
    assert "expected a time with its zone" in run("export", "--out", "x", "--as-of", "2026-01-01T00:00:00").output


@pytest.mark.parametrize("command", ["export", "import"])
def test_what_is_needed_is_asked_for(command: str) -> None:
    assert "Missing" in run(command).output
