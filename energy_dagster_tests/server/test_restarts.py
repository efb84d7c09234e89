"""A server's Dagster on a real PostgreSQL: each process and the database are killed in turn, and the rest go on."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dagster import AssetExecutionContext, AssetKey, DagsterInstance, Definitions, asset, in_process_executor

from energy_dagster.defs.run_logs import forget_logs
from energy_dagster.instance_file import server_file
from energy_dagster.settings import Settings
from energy_dagster_tests.server.platform import Platform, platform
from energy_dagster_tests.server.postgres import PASSWORD, Postgres

pytest.importorskip("dagster_postgres", reason="needs the extra aws; chosen with make test-server")
pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def served(database: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with platform(tmp_path_factory.mktemp("server") / "home", Settings(postgres_url=database.url)) as made:
        made.start("code")
        made.start("web", "daemon")
        made.turn_on()
        assert made.finished(made.launch()) == "SUCCESS"
        yield made


def test_a_run_that_was_asked_for_while_the_daemon_was_away_is_made(served: Platform) -> None:
    served.kill("daemon")
    waiting = served.launch()
    time.sleep(3)
    assert served.status(waiting) == "QUEUED"
    served.start("daemon")
    assert served.finished(waiting) == "SUCCESS"


def test_the_web_server_can_be_away_while_a_run_goes_on(served: Platform) -> None:
    going = served.launch(seconds=4)
    served.wait_for(lambda: served.status(going) == "STARTED")
    served.kill("web")
    served.start("web")
    assert served.finished(going) == "SUCCESS"
    assert served.finished(served.launch()) == "SUCCESS"


def test_runs_go_on_after_the_code_location_was_away(served: Platform) -> None:
    served.kill("code")
    time.sleep(3)
    served.start("code")
    assert served.finished(served.launch()) == "SUCCESS"


def test_runs_and_looks_go_on_after_the_database_was_away(served: Platform, database: Postgres) -> None:
    status, _, before = served.state()
    assert (status, before > 0) == ("RUNNING", True)
    database.crash()
    time.sleep(5)
    database.control("start")
    assert served.finished(served.launch()) == "SUCCESS"
    served.wait_for(lambda: served.state()[2] > before)


def test_a_run_whose_process_was_lost_is_made_again_by_itself(served: Platform) -> None:
    lost = served.launch(seconds=10)
    served.wait_for(lambda: served.status(lost) == "STARTED")
    served.lose_the_worker()
    assert served.finished(lost) == "FAILURE"
    assert served.finished(served.retry_of(lost)) == "SUCCESS"


def test_everything_at_once_and_the_state_is_kept(served: Platform, database: Postgres) -> None:
    before = served.state()[2]
    served.kill("daemon", "web", "code")
    database.crash()
    database.control("start")
    served.start("code", "web", "daemon")
    assert served.finished(served.launch()) == "SUCCESS"
    sensor, schedule, looks = served.state()
    assert (sensor, schedule, looks >= before) == ("RUNNING", "RUNNING", True)


def test_no_password_is_in_what_the_processes_write(served: Platform) -> None:
    written = [path for path in served.home.rglob("*") if path.is_file()]
    assert (served.home / "dagster.yaml") in written
    assert not [path for path in written if PASSWORD.encode() in path.read_bytes()]


def test_dagster_opens_the_servers_instance_and_old_lines_go_while_partitions_stay(
    database: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asset
    def raw_load(context: AssetExecutionContext) -> int:
        for _ in range(50):
            context.log.info("a line")
        return 1

    monkeypatch.setenv("ENERGY_POSTGRES_PASSWORD", PASSWORD)
    parts = Settings(
        postgres_host="127.0.0.1",
        postgres_port=database.port,
        postgres_user="energy",
        postgres_database="postgres",
        postgres_password=PASSWORD,
        postgres_sslmode="disable",
    )
    (tmp_path / "dagster.yaml").write_text(server_file(parts))
    assert PASSWORD not in server_file(parts)
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        made = Definitions([raw_load], executor=in_process_executor).resolve_implicit_global_asset_job_def()
        run_id = made.execute_in_process(instance=instance).run_id
        done = forget_logs(instance, before=datetime.now(UTC) + timedelta(minutes=1))
        assert done.lines > 50
        assert instance.get_latest_materialization_event(AssetKey("raw_load")) is not None
        assert len(instance.all_logs(run_id)) < 10
        assert instance.run_retries_enabled
        assert instance.run_retries_max_retries == 2
