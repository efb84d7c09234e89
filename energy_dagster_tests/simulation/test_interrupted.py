"""Who interrupts a simulation ends it, also in the midst of a run."""

import os
import signal
from pathlib import Path

import pytest
from dagster import AssetKey, Definitions, RunRequest, asset, in_process_executor

from energy_dagster.instance import open_instance
from energy_dagster.simulation.platform import Platform


@asset
def interrupted() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@asset
def broken() -> None:
    raise ValueError("as it happens")


@pytest.mark.parametrize(("name", "ends"), [("interrupted", True), ("broken", False)])
def test_a_run_that_is_interrupted_ends_it_and_one_that_fails_does_not(tmp_path: Path, name: str, ends: bool) -> None:
    platform = Platform.__new__(Platform)
    platform.job = Definitions([interrupted, broken], executor=in_process_executor).resolve_implicit_global_asset_job_def()
    request = RunRequest(asset_selection=[AssetKey(name)])
    with open_instance(tmp_path) as platform.instance:
        if ends:
            with pytest.raises(KeyboardInterrupt):
                platform.run_here(request)
        else:
            assert platform.run_here(request) is False
