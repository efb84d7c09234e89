"""The three processes of a server over one database, each of which can be killed and started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx
import psutil

from energy_dagster.instance_file import server_file
from energy_dagster.settings import Settings
from energy_dagster_tests.ports import free_ports

Part = Literal["code", "web", "daemon"]
LOCATION = "energy_dagster_tests.server.location"
REPOSITORY = {"repositoryName": "__repository__", "repositoryLocationName": "platform"}
PATIENCE_SECONDS = 90


@dataclass
class Platform:
    """A web server, a daemon and a code location."""

    home: Path
    environment: dict[str, str]
    web_port: int
    code_port: int
    module: str
    running: dict[Part, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, *parts: Part) -> None:
        """Start parts of it."""
        workspace = str(self.home / "workspace.yaml")
        commands: dict[Part, tuple[str, ...]] = {
            "code": ("-m", "dagster", "api", "grpc", "-h", "127.0.0.1", "-p", str(self.code_port), "-m", self.module),
            "web": ("-m", "dagster_webserver", "-h", "127.0.0.1", "-p", str(self.web_port), "-w", workspace),
            "daemon": ("-m", "dagster._daemon", "run", "-w", workspace),
        }
        for part in parts:
            with (self.home / f"{part}.log").open("ab") as log:
                self.running[part] = subprocess.Popen(
                    (sys.executable, *commands[part]),
                    stdout=log,
                    stderr=log,
                    env=self.environment,
                    start_new_session=True,
                    cwd=Path(__file__).parents[2],
                )

    def kill(self, *parts: Part) -> None:
        """End parts of it at once, with all they started."""
        for part in parts:
            process = self.running.pop(part)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def logs(self) -> str:
        """What the processes wrote."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.home.glob("*.log")))

    def ask(self, query: str, **variables: Any) -> Any:
        """One question to the web server, asked again until it is answered."""

        def answer() -> Any:
            try:
                said = httpx.post(
                    f"http://127.0.0.1:{self.web_port}/graphql", json={"query": query, "variables": variables}, timeout=20
                )
                return said.json().get("data")
            except (httpx.HTTPError, ValueError):
                return None

        return self.wait_for(answer)

    def wait_for(self, look: Callable[[], Any]) -> Any:
        """The first answer that says anything."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            found = look()
            if found:
                return found
            for part, process in self.running.items():
                assert process.poll() is None, f"{part} ended with {process.returncode}: {self.logs()[-4000:]}"
            time.sleep(0.5)
        raise AssertionError(f"nothing came in {PATIENCE_SECONDS} s: {self.logs()[-4000:]}")

    def launch(self, *, seconds: float = 0.0) -> str:
        """Ask for a run; its id, once it is in the queue."""
        selector = {**REPOSITORY, "pipelineName": "work"}
        config = {"ops": {"step": {"config": {"seconds": seconds}}}}
        return self._launched({"selector": selector, "runConfigData": config, "mode": "default"})

    def materialize(self, asset: str, partition: str | None = None) -> str:
        """Ask for an asset as the UI does; the run's id."""
        selector = {**REPOSITORY, "pipelineName": "__ASSET_JOB", "assetSelection": [{"path": [asset]}]}
        tags = [] if partition is None else [{"key": "dagster/partition", "value": partition}]
        return self._launched({"selector": selector, "mode": "default", "executionMetadata": {"tags": tags}})

    def _launched(self, params: dict[str, Any]) -> str:
        def launched() -> str | None:
            said = self.ask(LAUNCH, params=params)["launchPipelineExecution"]
            refused.append(said)
            run: dict[str, str] = said.get("run", {})
            return run.get("runId")

        refused: list[Any] = []
        try:
            return str(self.wait_for(launched))
        except AssertionError as error:
            raise AssertionError(f"no run was launched: {refused[-1:]}") from error

    def printed(self, run_id: str) -> str:
        """What the step of a run wrote to its errors, as the web server reads it back."""
        found = self.ask(CAPTURED, run=run_id)["logsForRun"]["events"]
        [key] = [event["fileKey"] for event in found if "fileKey" in event]
        return str(self.ask(LOGS, key=[run_id, "compute_logs", key])["capturedLogs"]["stderr"])

    def status(self, run_id: str) -> str:
        """Of a run."""
        return str(self.ask(STATUS, run=run_id)["runOrError"].get("status"))

    def finished(self, run_id: str) -> str:
        """How a run ended."""
        ended = ("SUCCESS", "FAILURE", "CANCELED")
        return str(self.wait_for(lambda: (said := self.status(run_id)) in ended and said))

    def lose_the_worker(self) -> None:
        """Kill the process of the run that goes on, and leave the code location."""
        for child in psutil.Process(self.running["code"].pid).children(recursive=True):
            if "resource_tracker" not in " ".join(child.cmdline()):
                child.kill()

    def retry_of(self, run_id: str) -> str:
        """The run that takes the place of another."""
        filters = {"tags": [{"key": "dagster/parent_run_id", "value": run_id}]}
        [retried] = self.wait_for(lambda: self.ask(RUNS, filter=filters)["runsOrError"]["results"])
        return str(retried["runId"])

    def turn_on(self) -> None:
        """Start the sensor and the schedule, which are off by default."""
        self.wait_for(lambda: "sensorState" in str(self.ask(START_SENSOR, selector={**REPOSITORY, "sensorName": "counting"})))
        self.wait_for(lambda: "scheduleState" in str(self.ask(START_SCHEDULE, selector={**REPOSITORY, "scheduleName": "midnight"})))

    def state(self) -> tuple[str, str, int]:
        """Of the sensor, of the schedule, and how often the sensor has looked."""

        def told() -> tuple[str, str, int] | None:
            said = self.ask(
                STATE,
                sensor={**REPOSITORY, "sensorName": "counting"},
                schedule={**REPOSITORY, "scheduleName": "midnight"},
            )
            sensor, schedule = said["sensorOrError"].get("sensorState"), said["scheduleOrError"].get("scheduleState")
            if not sensor or not schedule:
                return None
            return sensor["status"], schedule["status"], int((sensor["typeSpecificData"] or {}).get("lastCursor") or 0)

        status, schedule, looks = self.wait_for(told)
        return status, schedule, looks


@contextmanager
def platform(home: Path, settings: Settings, *, module: str = LOCATION, **more: str) -> Iterator[Platform]:
    """The processes over a database, ended when the block ends.

    Args:
        home: Dagster's, which is made.
        settings: with the database, and with where what steps print is kept.
        module: the code location.
        more: variables of the processes.
    """
    web_port, code_port = free_ports(2)
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text(server_file(settings))
    (home / "workspace.yaml").write_text(
        f"load_from:\n  - grpc_server:\n      host: 127.0.0.1\n      port: {code_port}\n      location_name: platform\n"
    )
    url = settings.postgres_url or ""
    environment = os.environ | {"DAGSTER_HOME": str(home), "ENERGY_POSTGRES_URL": url, "PYTHONWARNINGS": "ignore"} | more
    made = Platform(home, environment, web_port, code_port, module)
    try:
        yield made
    finally:
        made.kill(*list(made.running))


LAUNCH = """
mutation ($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on Error { message }
  }
}"""
CAPTURED = """
query ($run: ID!) {
  logsForRun(runId: $run) { ... on EventConnection { events { ... on LogsCapturedEvent { fileKey } } } }
}"""
LOGS = "query ($key: [String!]!) { capturedLogs(logKey: $key) { stderr } }"
RUNS = "query ($filter: RunsFilter!) { runsOrError(filter: $filter) { ... on Runs { results { runId } } } }"
STATUS = "query ($run: ID!) { runOrError(runId: $run) { __typename ... on Run { status } } }"
START_SENSOR = """
mutation ($selector: SensorSelector!) {
  startSensor(sensorSelector: $selector) { __typename ... on Sensor { sensorState { status } } }
}"""
START_SCHEDULE = """
mutation ($selector: ScheduleSelector!) {
  startSchedule(scheduleSelector: $selector) { __typename ... on ScheduleStateResult { scheduleState { status } } }
}"""
STATE = """
query ($sensor: SensorSelector!, $schedule: ScheduleSelector!) {
  sensorOrError(sensorSelector: $sensor) {
    ... on Sensor { sensorState { status typeSpecificData { ... on SensorData { lastCursor } } } }
  }
  scheduleOrError(scheduleSelector: $schedule) { ... on Schedule { scheduleState { status } } }
}"""
