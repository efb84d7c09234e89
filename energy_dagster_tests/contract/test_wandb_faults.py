"""W&B away, silent, refusing or dying: the training stands, its record is kept, and a later upload brings everything, once."""

import subprocess
import time
from pathlib import Path

import pytest
from dagster import PathMetadataValue

from energy_dagster.resources import experiment_service
from energy_dagster_tests.contract.wandb_fixtures import NEXT_WEEK, WEEK, House, house, metadata_of, newest_of, standin, told_of
from energy_dagster_tests.contract.wandb_standin import Fault

__all__ = ["house", "standin"]  # fixtures

pytestmark = pytest.mark.contract
TRAINING = "forecast_model"
SLACK_SECONDS = 40.0
"""Of a machine that is busy, for what has nothing to do with the service."""


def kept_offline(house: House, seconds: float = 60.0) -> tuple[str, Path]:
    """What a training told of its record, which it kept in a folder."""
    house.waits(seconds)
    started = time.monotonic()
    result = house.run(TRAINING, NEXT_WEEK)
    assert result.success
    assert time.monotonic() - started < seconds + SLACK_SECONDS
    place = metadata_of(result, TRAINING)["experiment"]
    assert isinstance(place, PathMetadataValue)
    told = told_of(result)
    assert told.startswith("1 kept offline; `energy wandb-sync` uploads it: ")
    return told, Path(place.path)


def everything_arrives_once(house: House, folder: Path) -> None:
    """The later upload, and another that finds nothing to do."""
    house.standin.heal()
    done = house.sync()
    assert done.exit_code == 0, done.output
    (run,), (artifact,) = house.standin.account.runs.values(), house.standin.account.models()
    assert folder.name.endswith(run.name)
    assert (run.finished, run.summary["verdict"]) == (1, "champion")
    assert house.standin.account.content(artifact) == house.models.contents(newest_of(house))
    assert len(house.standin.account.links) == 1
    before = len(house.standin.requests)
    again = house.sync()
    assert (again.exit_code, len(house.standin.requests)) == (0, before)
    assert "0 uploaded, 0 waiting, 1 were there before" in again.output


def test_dead_at_the_start(house: House) -> None:
    house.standin.stop()
    told, folder = kept_offline(house)
    assert f"W&B at {house.standin.url} cannot be reached" in told
    everything_arrives_once(house, folder)


def test_silent(house: House) -> None:
    house.standin.fault = Fault("hang")
    told, folder = kept_offline(house, seconds=2)
    assert "did not answer within 2 s" in told
    everything_arrives_once(house, folder)


def test_the_key_is_refused(house: House) -> None:
    house.standin.fault = Fault("401")
    told, folder = kept_offline(house)
    assert "refused the key in WANDB_API_KEY (401)" in told
    everything_arrives_once(house, folder)


def test_a_fault_of_the_service(house: House) -> None:
    house.standin.fault = Fault("500")
    told, folder = kept_offline(house)
    assert "expected who holds the key, found 500" in told
    everything_arrives_once(house, folder)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("dies", since="CreateArtifactFiles"),
        Fault("hang", since="CommitArtifact"),
        Fault("500", only="CommitArtifact"),
        Fault("500", since="UpsertBucket"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.since or fault.only}",
)
def test_a_fault_on_the_way(house: House, fault: Fault) -> None:
    house.standin.fault = fault
    told, folder = kept_offline(house, seconds=8)
    assert "is not uploaded by W&B" in told
    everything_arrives_once(house, folder)


def test_the_key_is_refused_on_the_way(house: House) -> None:
    house.standin.fault = Fault("401", since="UpsertBucket")
    told, folder = kept_offline(house)
    assert f"{folder.name.split('-', 3)[-1]} is not uploaded to W&B" in told
    assert "told to answer 401" in told
    everything_arrives_once(house, folder)


@pytest.mark.parametrize("operation", ["CreateArtifact", "CommitArtifact"])
def test_a_refused_model_is_not_taken_for_uploaded_though_the_client_marks_it(house: House, operation: str) -> None:
    house.standin.fault = Fault("403", only=operation)
    told, folder = kept_offline(house)
    assert "was not found in W&B" in told
    house.standin.heal()
    (run,) = house.waiting()
    assert run.folder == folder
    assert house.sync().exit_code == 0
    assert house.waiting() == []
    (artifact,) = house.standin.account.models()
    assert house.standin.account.content(artifact) == house.models.contents(newest_of(house))


def test_a_registry_that_refuses_leaves_the_model_uploaded_and_is_asked_again(house: House) -> None:
    house.standin.fault = Fault("403", only="LinkArtifact")
    told, _ = kept_offline(house)
    assert "is uploaded, its model is not linked to wandb-registry-model/forecast-model" in told
    uploads = len(house.standin.named("UpsertBucket"))
    house.standin.heal()
    assert house.sync().exit_code == 0
    assert (len(house.standin.account.links), len(house.standin.named("UpsertBucket"))) == (1, uploads)


def test_no_process_of_the_client_outlives_the_wait(house: House) -> None:
    house.standin.fault = Fault("hang", since="UpsertBucket")
    kept_offline(house, seconds=5)
    deadline = time.monotonic() + SLACK_SECONDS
    while (left := _processes_with(house.settings.data)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []


def _processes_with(data: str) -> list[str]:
    """Command lines of running processes whose environment names the data folder as the client's."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"WANDB_DIR={data}".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


def test_sync_says_what_it_would_do_and_what_it_lacks(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.standin.stop()
    house.run(TRAINING, WEEK)
    (run,) = house.waiting()
    shown = house.sync("--dry-run")
    assert (shown.exit_code, shown.output.splitlines()[0]) == (0, run.run_id)
    away = house.sync()
    assert away.exit_code == 1
    assert f"Error: W&B at {house.standin.url} cannot be reached" in away.output
    house.settings = house.settings.model_copy(update={"wandb_api_key": ""})
    keyless = house.sync()
    assert keyless.exit_code == 1
    assert "expected a key of Weights & Biases in WANDB_API_KEY, found none" in keyless.output


def test_sync_goes_on_where_it_was_stopped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.standin.stop()
    for week in (WEEK, NEXT_WEEK):
        house.run(TRAINING, week)
    first, second = house.waiting()
    house.standin.heal()
    whole = experiment_service.ExperimentService._sync

    def stopped(self: object, folder: object, runs: list[object], seconds: float) -> None:
        if second in runs:
            raise subprocess.SubprocessError("stopped")
        whole(self, folder, runs, seconds)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(experiment_service.ExperimentService, "_sync", stopped)
        assert isinstance(house.sync().exception, subprocess.SubprocessError)
    assert house.waiting() == [second]
    assert house.sync("--json").exit_code == 0
    assert [one.run for one in house.standin.account.models()] == [first.run_id, second.run_id]
