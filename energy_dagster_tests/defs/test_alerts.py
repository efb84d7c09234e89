"""Alerts, look by look, against a real webhook and real snapshots."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetKey,
    Config,
    DagsterInstance,
    Output,
    SensorResult,
    asset,
    build_sensor_context,
    job,
    materialize,
    op,
)

from energy_dagster.cli import cli
from energy_dagster.definitions import build_definitions
from energy_dagster.defs.alerts import Lookout, alert_sensor, heartbeat
from energy_dagster.defs.failed_runs import failed_runs
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.messenger import BadAddress, Messenger, Pulse
from energy_dagster.settings import Settings
from energy_dagster_tests.defs.webhook import SECRET, Webhook, webhook
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CHECK = AssetCheckKey(AssetKey("raw_load"), "source_is_fresh")
STALE = "The forecast is stale"


class Told(Config):
    """What an asset is to do."""

    fails: bool = False
    finds: bool = False


@asset(check_specs=[AssetCheckSpec("source_is_fresh", asset="raw_load")])
def raw_load(config: Told):  # type: ignore[no-untyped-def]  # dagster reads the annotation of what is yielded
    """An asset that fails, and whose check finds, as told."""
    if config.fails:
        raise RuntimeError("the source is away")
    yield Output(None)
    yield AssetCheckResult(passed=not config.finds, check_name="source_is_fresh", description="9 h late")


def run(instance: DagsterInstance, *, fails: bool = False, finds: bool = False) -> None:
    config = {"ops": {"raw_load": {"config": {"fails": fails, "finds": finds}}}}
    materialize([raw_load], instance=instance, run_config=config, raise_on_error=False)


@dataclass
class Watch:
    """The sensor with its cursor, on a clock that is moved by hand."""

    hook: Webhook
    instance: DagsterInstance
    folder: Path
    now: datetime = NOW
    cursor: str | None = None
    said: list[str] = field(default_factory=list)
    more: str = ""

    @property
    def lookout(self) -> Lookout:
        return Lookout(warehouse=str(self.folder), dagster_url="http://dagster:3000/", app_url="http://app")

    @property
    def clock(self) -> Clock:
        return Clock(pretended=self.now.isoformat())

    def publish(self, issued: datetime) -> None:
        write_snapshot(self.folder, sample_frames(issued), as_of=issued)

    def look(self, after: timedelta = timedelta(0)) -> list[str]:
        """Titles of what arrives at a look."""
        self.now += after
        resources = {"messenger": Messenger(urls=self.hook.address + self.more), "lookout": self.lookout, "clock": self.clock}
        with build_sensor_context(instance=self.instance, cursor=self.cursor, resources=resources) as context:
            result = alert_sensor([CHECK])(context)
        assert isinstance(result, SensorResult)
        assert result.skip_reason is not None
        self.cursor = result.cursor
        self.said.append(str(result.skip_reason.skip_message))
        return self.hook.titles()

    def beat(self, after: timedelta = timedelta(0)) -> str:
        """What the heartbeat says at a look."""
        self.now += after
        resources = {"pulse": Pulse(url=self.hook.pulse), "lookout": self.lookout, "clock": self.clock}
        with build_sensor_context(instance=self.instance, cursor=self.cursor, resources=resources) as context:
            result = heartbeat(context)
        assert isinstance(result, SensorResult)
        assert result.skip_reason is not None
        self.cursor = result.cursor
        return str(result.skip_reason.skip_message)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    with webhook() as hook, DagsterInstance.ephemeral() as instance:
        watch = Watch(hook, instance, tmp_path / "warehouse")
        watch.publish(NOW)
        yield watch


def change(watch: Watch, statement: str, *values: Any) -> None:
    """Change the published snapshot."""
    path = watch.folder / (watch.folder / "CURRENT").read_text()
    with duckdb.connect(str(path)) as connection:
        connection.execute(statement, list(values))


def test_nothing_is_said_while_all_is_well(watch: Watch) -> None:
    assert watch.look() == []
    assert watch.said == ["0 conditions stand; nothing new to say"]


def test_a_stale_forecast_is_told_once_and_its_recovery_once(watch: Watch) -> None:
    assert watch.look(2 * HOUR) == []
    assert watch.look(MINUTE) == [STALE]
    assert watch.look(3 * MINUTE) == []
    watch.publish(NOW + 2 * HOUR)
    assert watch.look(3 * MINUTE) == [f"Over: {STALE}"]
    assert watch.look(3 * MINUTE) == []


def test_a_message_says_what_since_when_how_bad_what_to_do_and_where(watch: Watch) -> None:
    watch.look(3 * HOUR)
    [message] = watch.hook.ever
    assert message["type"] == "failure"
    told = message["message"]
    assert "Since: 2026-06-17 11:00 UTC, 60 min ago" in told
    assert "How bad: the newest issue is of 2026-06-17 09:00 UTC, 3.0 h old" in told
    assert "What to do: see under Runs" in told
    assert "Dagster: http://dagster:3000/assets/predictions" in told
    assert "Monitoring page: http://app/monitoring" in told


def test_a_reminder_comes_after_a_day(watch: Watch) -> None:
    assert watch.look(3 * HOUR) == [STALE]
    assert watch.look(23 * HOUR) == []
    assert watch.look(HOUR) == [f"Still: {STALE}"]


def test_a_receiver_that_was_down_is_told_when_it_is_up(watch: Watch) -> None:
    watch.hook.down()
    assert watch.look(3 * HOUR) == []
    assert watch.said[-1] == (
        "1 conditions stand; 0 of 1 messages sent: JSON (address 1) refused the message or could not be reached, "
        "trying again at the next look"
    )
    watch.hook.up()
    assert watch.look(3 * MINUTE) == [STALE]
    watch.hook.down()
    watch.publish(NOW + 3 * HOUR)
    watch.look(3 * MINUTE)
    watch.hook.up()
    assert watch.look(3 * MINUTE) == [f"Over: {STALE}"]
    assert watch.look(3 * MINUTE) == []


def test_what_passed_while_a_receiver_was_down_is_told_afterwards(watch: Watch) -> None:
    watch.hook.status = 503
    watch.look(3 * HOUR)
    watch.publish(NOW + 3 * HOUR)
    watch.look(3 * MINUTE)
    watch.hook.status = 200
    assert watch.look(3 * MINUTE) == [f"Over, and could not be told before: {STALE}"]


def test_one_receiver_that_is_down_makes_no_other_hear_twice(watch: Watch) -> None:
    with webhook() as other:
        watch.more = f", {other.address}"
        other.down()
        assert watch.look(3 * HOUR) == [STALE]
        assert watch.look(3 * MINUTE) == []
        other.up()
        assert watch.look(3 * MINUTE) == []
        assert other.titles() == [STALE]


def test_a_failing_check_is_told_and_a_passing_one_is_its_end(watch: Watch) -> None:
    run(watch.instance, finds=True)
    assert watch.look() == ["Check source_is_fresh of raw_load fails"]
    run(watch.instance, finds=True)
    assert watch.look() == []
    run(watch.instance)
    assert watch.look() == ["Over: Check source_is_fresh of raw_load fails"]


def test_a_failed_run_is_told_once_however_often_it_fails(watch: Watch) -> None:
    watch.now = datetime.now(UTC)
    watch.publish(watch.now)
    for _ in range(3):
        run(watch.instance, fails=True)
    assert watch.look() == ["A run of raw_load failed"]
    run(watch.instance, fails=True)
    assert watch.look(MINUTE) == []
    [failed] = failed_runs(watch.instance, now=watch.now)
    assert (failed.subjects, failed.times) == (("raw_load",), 4)
    run(watch.instance)
    assert watch.look(MINUTE) == ["Over: A run of raw_load failed"]


def test_a_failed_job_is_over_when_it_has_succeeded(watch: Watch) -> None:
    now = datetime.now(UTC)
    broken = [True]

    @op
    def step() -> None:
        if broken[0]:
            raise RuntimeError("no")

    @job
    def lake_upkeep() -> None:
        step()

    lake_upkeep.execute_in_process(instance=watch.instance, raise_on_error=False)
    assert [one.subjects for one in failed_runs(watch.instance, now=now)] == [("lake_upkeep",)]
    broken[0] = False
    lake_upkeep.execute_in_process(instance=watch.instance)
    assert failed_runs(watch.instance, now=now) == []


def test_a_run_that_dagster_tries_again_is_not_told(watch: Watch) -> None:
    config = {"ops": {"raw_load": {"config": {"fails": True}}}}
    tags = {"dagster/will_retry": "true"}
    materialize([raw_load], instance=watch.instance, run_config=config, raise_on_error=False, tags=tags)
    assert failed_runs(watch.instance, now=datetime.now(UTC)) == []


def test_skill_below_the_weekly_naive_for_a_day_is_told(watch: Watch) -> None:
    change(watch, "UPDATE error_metrics SET abs_error_mwh = 3 * naive_abs_error_mwh WHERE area = 'DK1'")
    assert watch.look() == ["The weekly naive is better than the forecast"]
    change(watch, "UPDATE error_metrics SET abs_error_mwh = naive_abs_error_mwh / 3 WHERE area = 'DK1'")
    assert watch.look() == ["Over: The weekly naive is better than the forecast"]


def test_skill_that_cannot_be_judged_has_not_recovered(watch: Watch) -> None:
    change(watch, "UPDATE error_metrics SET abs_error_mwh = 3 * naive_abs_error_mwh WHERE area = 'DK1'")
    watch.look()
    change(watch, "DELETE FROM error_metrics")
    assert watch.look() == []


def test_coverage_out_of_band_over_a_week_is_told(watch: Watch) -> None:
    change(watch, "UPDATE error_metrics SET inside_80 = 0.2 WHERE area = 'DK2'")
    assert watch.look() == ["The intervals are not honest"]


def test_a_mirror_that_lags_is_told_as_it_is_published(watch: Watch) -> None:
    row = ("mirror", "hopsworks_features", "lag", "warning", NOW.replace(tzinfo=None), "3 partitions behind")
    change(watch, "INSERT INTO _attention VALUES (?, ?, ?, ?, ?, ?)", *row)
    assert watch.look() == ["hopsworks_features lags behind"]


def test_an_unreadable_warehouse_is_told_and_ends_nothing_else(watch: Watch) -> None:
    assert watch.look(3 * HOUR) == [STALE]
    (watch.folder / (watch.folder / "CURRENT").read_text()).write_bytes(b"no database")
    assert watch.look(MINUTE) == ["The warehouse cannot be read"]
    watch.publish(NOW + 3 * HOUR)
    assert watch.look(MINUTE) == [f"Over: {STALE}", "Over: The warehouse cannot be read"]


def test_without_anything_published_the_forecast_is_stale(tmp_path: Path) -> None:
    with webhook() as hook, DagsterInstance.ephemeral() as instance:
        assert Watch(hook, instance, tmp_path / "warehouse").look() == [STALE]


def test_the_heartbeat_beats_once_for_each_fresh_issue_and_not_when_stale(watch: Watch) -> None:
    assert watch.beat() == "beat for the issue of 2026-06-17 09:00 UTC"
    assert watch.beat(MINUTE) == "the issue of 2026-06-17 09:00 UTC was beaten for"
    watch.publish(NOW + HOUR)
    assert watch.beat(HOUR) == "beat for the issue of 2026-06-17 10:00 UTC"
    watch.publish(NOW + 2 * HOUR)
    assert watch.beat(6 * HOUR).startswith("no beat: the newest issue is 2026-06-17 11:00")
    assert watch.hook.asked == [f"/ping/{SECRET}"] * 2


def test_a_beat_that_did_not_arrive_is_tried_again(watch: Watch) -> None:
    watch.hook.status = 500
    assert watch.beat() == "the heartbeat's service answered 500; trying again at the next look"
    watch.hook.down()
    assert watch.beat() == "the heartbeat's service could not be reached: ConnectError; trying again at the next look"
    watch.hook.status = 200
    watch.hook.up()
    assert watch.beat().startswith("beat for")


def test_no_secret_is_logged_or_kept_whatever_happens(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for down in (False, True):
        if down:
            watch.hook.down()
        watch.look(3 * HOUR)
        assert SECRET not in (watch.cursor or "")
        watch.cursor = None
        watch.beat()
        watch.cursor = None
    messenger, pulse = Messenger(urls=watch.hook.address), Pulse(url=watch.hook.pulse)
    assert SECRET not in repr((messenger, pulse, messenger.receivers()))
    assert SECRET not in caplog.text
    assert SECRET not in " ".join(watch.said)


def test_an_address_of_no_known_service_is_named_by_its_place() -> None:
    with pytest.raises(BadAddress, match="another at place 2") as refused:
        Messenger(urls=f"json://localhost, nothing://{SECRET}").receivers()
    assert SECRET not in str(refused.value)


def test_the_sensors_are_in_the_graph_only_where_somebody_is_to_be_told() -> None:
    def names(settings: Settings) -> set[str]:
        return {sensor.name for sensor in build_definitions(settings).sensors or ()}

    assert not names(Settings()) & {"alerts", "heartbeat"}
    assert "alerts" in names(Settings(alert_urls="json://localhost"))
    assert "heartbeat" in names(Settings(heartbeat_url="http://localhost"))
    assert not names(Settings(alert_urls="json://localhost", now=NOW))


def test_a_trial_message_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook() as hook:
        monkeypatch.setenv("ENERGY_ALERT_URLS", hook.address)
        monkeypatch.setenv("ENERGY_HEARTBEAT_URL", hook.pulse)
        told = CliRunner().invoke(cli, ["alerts", "test"])
        assert (told.exit_code, hook.titles(), hook.asked) == (0, ["Trial: alerts arrive here"], [f"/ping/{SECRET}"])
        hook.status = 500
        refused = CliRunner().invoke(cli, ["alerts", "test"])
    assert refused.exit_code == 1
    assert "2 of 2 could not be told" in refused.output
    assert SECRET not in told.output + refused.output


def test_a_trial_without_a_receiver_says_what_to_set() -> None:
    refused = CliRunner().invoke(cli, ["alerts", "test"])
    assert refused.exit_code == 1
    assert "expected ENERGY_ALERT_URLS or ENERGY_HEARTBEAT_URL to be set, found neither" in refused.output
