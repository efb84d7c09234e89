"""The contract: what the OpenAPI document says is what the server does, and it changes only where somebody looks."""

import difflib
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.__main__ import contract
from energy_dagster.access_keys import KeyBook
from energy_dagster_tests.api.serving import served
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot

KEPT = Path(__file__).parents[2] / "docs/openapi.json"
SETTINGS = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 422]
"""
"""422 is the answer to parameters that are each right and contradict each other, which a schema of single parameters cannot say."""


def test_the_contract_is_the_one_under_docs() -> None:
    kept, now = KEPT.read_text(encoding="utf-8"), contract()
    told = "".join(difflib.unified_diff(kept.splitlines(keepends=True), now.splitlines(keepends=True), "docs", "now", n=1))
    assert kept == now, f"the contract changed; look at it and run `make openapi`:\n{told[:4000]}"


@pytest.mark.slow
@pytest.mark.parametrize("keys_required", [False, True], ids=["open", "with keys"])
def test_the_server_does_what_the_contract_says(tmp_path: Path, *, keys_required: bool) -> None:
    write_snapshot(tmp_path / "warehouse", sample_frames(NOW), as_of=NOW)
    _, key = KeyBook(tmp_path / "api-keys.json").create("test", scope="admin", now=datetime.now(UTC))
    asking = f'[auth.openapi.bearer]\nbearer = "{key}"\n' if keys_required else ""
    (tmp_path / "schemathesis.toml").write_text(SETTINGS + asking, encoding="utf-8")
    settings = {"ENERGY_API_STREAM_SECONDS": "0.05", "ENERGY_API_ACCESS_LOG": "false"}
    with served(tmp_path, **settings, ENERGY_API_REQUIRE_KEY=str(keys_required)) as (address, _):
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(tmp_path / "schemathesis.toml"), "run"]
        asked = ["--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", "12", "--continue-on-failure"]
        done = subprocess.run(
            [*command, f"{address}/docs/openapi.json", *asked, "--seed", "1", "--no-color"],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Tested: 17" in done.stdout
