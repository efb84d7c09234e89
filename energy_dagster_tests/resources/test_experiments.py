"""The record of trainings without a service: the real client, offline, and what goes wrong with it."""

import json
import socket
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from importlib.util import find_spec
from pathlib import Path

import pytest
from dagster import PathMetadataValue

from energy_dagster.domain.experiment import Experiment, of_training, of_tuning
from energy_dagster.io_managers.model_store import ModelStore
from energy_dagster.resources import experiment_folder
from energy_dagster.resources.experiment_folder import ClientFailed, Destination, ExperimentFolder, KeptRun
from energy_dagster.resources.experiment_service import ExperimentService, ServiceAway
from energy_dagster.resources.experiment_tracker import ExperimentTracker, Recording
from energy_dagster_tests.contract.wandb_standin import KEY, Fault, Kind, WandbStandin, wandb_standin
from energy_dagster_tests.io_managers.samples import AT, tiny_model
from energy_dagster_tests.tunings import tuning

pytestmark = pytest.mark.skipif(find_spec("wandb") is None, reason="needs the client: the extra wandb")
WEEK, ATTEMPT = "2026-06-01", "0123456789abcdef"


@pytest.fixture
def standin() -> Iterator[WandbStandin]:
    with wandb_standin() as service:
        yield service


def recording(tmp_path: Path) -> Recording:
    """A tiny model that is kept, and its training."""
    store = ModelStore(str(tmp_path / "lake"))
    version = store.write(WEEK, tiny_model(), at=AT, run_id="run")
    made = of_training(store.read_meta(version), week=WEEK, attempt=ATTEMPT, promoted=True)
    return Recording([made], {made.run_id: store.contents(version)})


def refuse() -> Recording:
    raise AssertionError("nothing was to be recorded")


def test_a_training_is_kept_whole_and_nobody_is_asked(
    tmp_path: Path, standin: WandbStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WANDB_BASE_URL", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, standin.url)
    monkeypatch.setenv("WANDB_RUN_ID", "somebody-elses")
    told: list[str] = []
    data = tmp_path / "data"
    metadata = ExperimentTracker(mode="auto", data=str(data)).record(lambda: recording(tmp_path), tell=told.append)
    assert (told, standin.requests) == ([], [])
    (run,) = ExperimentFolder(data).runs()
    assert metadata == {
        "experiment": PathMetadataValue(str(run.folder)),
        "experiments": "1 kept offline; `energy wandb-sync` uploads it",
    }
    assert (run.run_id, run.version, run.promoted) == ("forecast_model-2026-06-01-01234567", "lgbm-a", True)
    assert (run.uploaded, run.confirmed, run.linked) == (False, False, False)
    assert {path.name for path in data.iterdir()} == {"wandb"}
    staged = [path.read_bytes() for path in (data / "wandb" / "artifacts").rglob("*") if path.is_file()]
    assert set(next(iter(recording(tmp_path).files.values())).values()) <= set(staged)


def test_the_client_writes_nothing_outside_of_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    ExperimentTracker(mode="offline", data=str(tmp_path / "data")).record(lambda: recording(tmp_path), tell=print)
    assert list(home.rglob("*")) == []


def test_off_makes_nothing(tmp_path: Path) -> None:
    assert ExperimentTracker(mode="off", data=str(tmp_path)).record(refuse, tell=print) == {}
    assert list(tmp_path.iterdir()) == []


def test_without_the_package_one_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(experiment_folder, "version", absent)
    told: list[str] = []
    metadata = ExperimentTracker(mode="auto", data=str(tmp_path)).record(lambda: recording(tmp_path), tell=told.append)
    sentence = "not recorded: the package wandb is not installed (extra `wandb`)"
    assert (metadata, told) == ({"experiments": sentence}, [f"experiments: {sentence}"])


def test_whatever_goes_wrong_is_told_and_fails_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    metadata = ExperimentTracker(mode="auto", data=str(tmp_path)).record(refuse, tell=told.append)
    assert metadata == {"experiments": "not recorded: AssertionError: nothing was to be recorded"}
    assert len(told) == 1


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "wandb").write_text("in the way")
    metadata = ExperimentTracker(mode="auto", data=str(tmp_path)).record(lambda: recording(tmp_path), tell=print)
    assert metadata["experiments"].startswith("not recorded: FileExistsError")


def test_online_without_a_key_is_kept_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    metadata = ExperimentTracker(mode="online", data=str(tmp_path / "data")).record(lambda: recording(tmp_path), tell=told.append)
    assert metadata["experiments"].endswith("expected a key in WANDB_API_KEY, found none")
    assert len(told) == 1


def test_a_client_that_hangs_is_ended(tmp_path: Path) -> None:
    folder = ExperimentFolder(tmp_path)
    with pytest.raises(ClientFailed, match="did not end within 0 s"):
        folder.ask({"do": "log"}, seconds=0.001)


def test_what_the_client_says_of_a_failure_is_handed_on(tmp_path: Path) -> None:
    with pytest.raises(ClientFailed, match="KeyError: 'experiments'"):
        ExperimentFolder(tmp_path).ask({"do": "log"}, seconds=30)


def test_a_tuning_is_kept_trial_by_trial(tmp_path: Path) -> None:
    folder, tuned = ExperimentFolder(tmp_path), tuning()
    made = of_tuning(tuned, version="v1", attempt=ATTEMPT)
    written = folder.write(made, {}, Destination("project"))
    assert [run.run_id for run in written] == [
        "tuned_parameters-01234567-trial-000",
        "tuned_parameters-01234567-trial-001",
        "tuned_parameters-01234567-summary",
    ]
    assert all(run.confirmed and not run.uploaded for run in written)
    assert folder.waiting(to_link=True) == written


def test_a_run_that_is_not_whole_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "wandb" / "offline-run-20260601_000000-x").mkdir(parents=True)
    assert ExperimentFolder(tmp_path).runs() == []


def kept(folder: Path, number: int, version: str | None) -> KeptRun:
    place = folder / "wandb" / f"offline-run-20260601_000000-{number}"
    place.mkdir(parents=True)
    said = {
        "run_id": str(number),
        "name": "a",
        "project": "p",
        "written_ns": number,
        "version": version,
        "promoted": version is not None,
    }
    (place / "experiment.json").write_text(json.dumps(said))
    return KeptRun(place, **said)  # type: ignore[arg-type]


def test_waiting_are_those_not_uploaded_not_found_or_not_linked(tmp_path: Path) -> None:
    model, trial, lost, unlinked = (kept(tmp_path, n, version) for n, version in enumerate(["a", None, "b", "c"]))
    folder = ExperimentFolder(tmp_path)
    assert folder.waiting(to_link=True) == [model, trial, lost, unlinked]
    for run in (model, trial, lost, unlinked):
        (run.folder / f"run-{run.run_id}.wandb.synced").touch()
    for run in (model, unlinked):
        (run.folder / "experiment.confirmed").touch()
    (model.folder / "experiment.linked").touch()
    assert folder.waiting(to_link=True) == [lost, unlinked]
    assert folder.waiting(to_link=False) == [lost]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("401", r"refused the key in WANDB_API_KEY \(401\)"),
        ("500", "expected who holds the key, found 500 .*told to answer 500"),
        ("hang", r"did not answer within 0\.3 s"),
        ("dies", "cannot be reached"),
    ],
)
def test_a_service_that_cannot_be_used_is_named_with_what_came(standin: WandbStandin, kind: Kind, told: str) -> None:
    standin.fault = Fault(kind)
    with pytest.raises(ServiceAway, match=f"W&B at {standin.url}.* {told}"):
        ExperimentService(KEY, standin.url).reach(seconds=0.3 if kind == "hang" else 10)


def test_runs_go_to_the_entity_of_the_key_unless_another_is_set(standin: WandbStandin) -> None:
    assert ExperimentService(KEY, standin.url).reach() == "team"
    assert ExperimentService(KEY, standin.url, "another").reach() == "another"


def test_nobody_listening_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ServiceAway, match=f"W&B at {url} cannot be reached"):
            ExperimentService("key", url).reach(seconds=1)


def test_pages_are_of_the_site_and_not_of_its_api() -> None:
    run = KeptRun(Path("x"), "id", "name", "project", 1)
    assert ExperimentService("key").page(run, "team") == "https://wandb.ai/team/project/runs/id"


def test_ids_tell_attempts_apart_and_retries_not() -> None:
    meta = tiny_model().meta
    ids = [of_training(meta, week=WEEK, attempt=attempt, promoted=False).run_id for attempt in (ATTEMPT, ATTEMPT, "another")]
    assert ids[0] == ids[1] != ids[2]
    assert isinstance(of_training(meta, week=WEEK, attempt=ATTEMPT, promoted=False), Experiment)
