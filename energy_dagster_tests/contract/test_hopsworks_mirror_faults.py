"""Level 1: whatever Hopsworks does, forecasts are issued, the mirror says what is wrong, and a later run makes it right."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from energy_dagster.defs.mirroring import partition_of
from energy_dagster.domain.tables import ERROR_METRICS
from energy_dagster.instance import open_instance
from energy_dagster.partitions import DAYS
from energy_dagster.resources import hopsworks_client, hopsworks_stream
from energy_dagster_tests.brought_up import BroughtUp
from energy_dagster_tests.contract.hopsworks_standin.faults import Fault
from energy_dagster_tests.contract.mirrored_platform import MirroredPlatform, settings_with

if TYPE_CHECKING:
    from energy_dagster_tests.contract.hopsworks_standin.standin import HopsworksStandIn

pytest.importorskip("hopsworks", reason="the extra hopsworks is not installed; make test-contract has it")

ASSET, KEY, OTHER_KEY = "hopsworks_error_metrics", "2025-10-26", "2025-10-25"
ISSUES = tuple(f"2025-10-27T{hour:02d}" for hour in range(6, 10))
TRIES = 3
SHORT_SECONDS = 8.0

Make = Callable[..., MirroredPlatform]


@pytest.fixture
def make_platform(hopsworks_standin: "HopsworksStandIn", own_copy: BroughtUp, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """A platform with its own settings; a day that Hopsworks holds otherwise, one row too many among it."""
    monkeypatch.setattr(hopsworks_stream, "KAFKA_SECONDS", 1)
    monkeypatch.setattr(hopsworks_stream, "JOB_POLL_SECONDS", 0.1)
    with open_instance(own_copy.data) as instance:

        def make(**settings: object) -> MirroredPlatform:
            platform = MirroredPlatform(settings_with(hopsworks_standin, own_copy.settings, **settings), instance)
            rows = platform.lake.read(ERROR_METRICS, [KEY])
            platform.hopsworks().feature_store().replace(ERROR_METRICS, partition_of(DAYS, KEY), outdated(rows))
            return platform

        yield make
    hopsworks_client.log_out()


def outdated(rows: pd.DataFrame) -> pd.DataFrame:
    """Other numbers, and a row that is no longer there."""
    gone = rows[:1].assign(consumer_group="gone")
    return pd.concat([rows.assign(actual_mwh=1.0), gone], ignore_index=True)


def in_hopsworks(standin: "HopsworksStandIn", key: str) -> pd.DataFrame:
    """Rows of a day as they lie in the group's files, whatever the platform says."""
    (group,) = (group for group in standin.cluster.groups.values() if group["name"] == "error_metrics")
    held = standin.cluster.table(group).read()
    assert held is not None
    frame: pd.DataFrame = held.to_pandas()
    day = pd.Timestamp(key)
    of_day = frame[(frame["hour_utc"] >= day) & (frame["hour_utc"] < day + pd.Timedelta(days=1))]
    return of_day.drop(columns="partition_month").sort_values(list(ERROR_METRICS.key), ignore_index=True)


def assert_right(standin: "HopsworksStandIn", platform: MirroredPlatform, key: str) -> None:
    """Each row of the day once, none else, in numbers equal to the lake's."""
    expected = platform.lake.read(ERROR_METRICS, [key]).sort_values(list(ERROR_METRICS.key), ignore_index=True)
    pd.testing.assert_frame_equal(in_hopsworks(standin, key)[list(expected.columns)], expected, check_exact=True)


DELTA_FAULTS = {
    "503": (Fault("unavailable", method="POST", path="/commits$", times=None), r"the server answered 503", TRIES),
    "500 after the write": (Fault("error_after", method="POST", path="/commits$", times=None), r"the server answered 500", TRIES),
    "401": (Fault("unauthorized", method="POST", path="/commits$", times=None), r"refused \(401 .*HOPSWORKS_API_KEY", 1),
    "503 at login": (Fault("unavailable", path="/variables/versions", times=None), r"the server answered 503", TRIES),
    "401 at login": (Fault("unauthorized", path="/variables/versions", times=None), r"does not accept the key", 1),
    "another version": (Fault("wrong_version", times=None), r"server of version 5\.2, as the client is 5\.2\.1, found 4\.7\.0", 1),
    "flight cut": (Fault("stream_cut", times=None), r"Could not read data using Hopsworks Query Service", TRIES),
    "flight refused": (Fault("unauthorized", method="FLIGHT", path="/do_get", times=None), r"does not know this project's", 1),
}
STREAM_FAULTS = {
    "broker down": (Fault("broker_down", times=None), r"Broker transport failure", TRIES),
    "broker down before the rows": (Fault("broker_down", after=1, times=None), r"(Failed to deliver row|Broker transport)", TRIES),
    "job failed": (Fault("job_failed", times=None), r"error_metrics_1_offline_fg_materialization.* ended as FAILED", TRIES),
}


@pytest.mark.parametrize(
    ("mode", "fault", "said", "tries"),
    [
        *(pytest.param("delta", *fault, id=name) for name, fault in DELTA_FAULTS.items()),
        *(pytest.param("stream", *fault, id=name) for name, fault in STREAM_FAULTS.items()),
    ],
)
def test_a_fault_is_told_and_healed_and_no_forecast_waits(
    hopsworks_standin: "HopsworksStandIn", make_platform: Make, mode: str, fault: Fault, said: str, tries: int
) -> None:
    platform = make_platform(hopsworks_mode=mode)
    hopsworks_client.log_out()
    hopsworks_standin.faults.add(fault)
    assert platform.run("predictions", ISSUES[-1]).success
    failed = platform.run(ASSET, KEY)
    told = platform.failure(failed)
    assert told.startswith(f"1 of 1 partitions are not mirrored. {KEY}: ")
    assert re.search(said, told), told
    assert platform.tries(failed) == tries
    assert platform.statuses(ASSET, [KEY]) == ["failed"]
    hopsworks_standin.faults.clear()
    assert platform.run(ASSET, KEY).success
    assert platform.statuses(ASSET, [KEY]) == ["materialized"]
    assert_right(hopsworks_standin, platform, KEY)


@pytest.mark.parametrize(
    ("mode", "fault", "said"),
    [
        pytest.param(
            "delta", Fault("hang", method="PUT", path="/featurestores/query", times=None), "did not end within 8 s", id="rest"
        ),
        pytest.param("delta", Fault("hang", method="FLIGHT", path="/do_get", times=None), "did not end within 8 s", id="flight"),
        pytest.param("stream", Fault("job_running", times=None), "is still running after 3.2 s", id="a job that runs already"),
    ],
)
def test_what_does_not_end_is_left(
    hopsworks_standin: "HopsworksStandIn", make_platform: Make, mode: str, fault: Fault, said: str
) -> None:
    platform = make_platform(hopsworks_mode=mode, hopsworks_seconds=SHORT_SECONDS)
    hopsworks_standin.faults.add(fault)
    told = platform.failure(platform.run(ASSET, KEY))
    assert said in told
    assert platform.statuses(ASSET, [KEY]) == ["failed"]
    hopsworks_standin.faults.clear()
    assert platform.run(ASSET, KEY).success
    assert_right(hopsworks_standin, platform, KEY)


def test_a_fault_that_passes_is_healed_in_the_same_run(hopsworks_standin: "HopsworksStandIn", make_platform: Make) -> None:
    platform = make_platform()
    hopsworks_standin.faults.add(Fault("unavailable", method="POST", path="/commits$"))
    result = platform.run(ASSET, OTHER_KEY, KEY)
    assert result.success, platform.failure(result)
    assert platform.tries(result) == 2
    assert [one.partition for one in result.asset_materializations_for_node(ASSET)] == [KEY, OTHER_KEY]
    assert platform.statuses(ASSET, [OTHER_KEY, KEY]) == ["materialized"] * 2
    assert_right(hopsworks_standin, platform, KEY)


def test_a_question_is_asked_again_before_anything_fails(hopsworks_standin: "HopsworksStandIn", make_platform: Make) -> None:
    platform = make_platform()
    hopsworks_standin.faults.add(Fault("unavailable", method="GET", path="/featuregroups/error_metrics"))
    result = platform.run(ASSET, KEY)
    assert result.success
    assert platform.tries(result) == 1


def test_a_partition_that_fails_stays_missing_and_the_others_are_made(
    hopsworks_standin: "HopsworksStandIn", make_platform: Make
) -> None:
    platform = make_platform()
    damaged = platform.lake.path(platform.lake.newest("predictions", [ISSUES[1]])[ISSUES[1]])
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    told = platform.failure(platform.run("hopsworks_predictions", ISSUES[0], ISSUES[-1]))
    assert told.startswith(f"1 of 4 partitions are not mirrored. {ISSUES[1]}: cannot read ")
    assert platform.statuses("hopsworks_predictions", ISSUES) == ["materialized", "failed", "materialized", "materialized"]
    damaged.write_bytes(whole)
    assert platform.run("hopsworks_predictions", ISSUES[1]).success
    assert platform.statuses("hopsworks_predictions", ISSUES) == ["materialized"] * 4


def test_a_service_that_is_away_is_not_asked_for_every_partition(
    hopsworks_standin: "HopsworksStandIn", make_platform: Make
) -> None:
    platform = make_platform()
    hopsworks_standin.faults.add(Fault("unavailable", method="POST", path="/commits$", times=None))
    told = platform.failure(platform.run("hopsworks_predictions", ISSUES[0], ISSUES[-1]))
    assert told.startswith("4 of 4 partitions are not mirrored.")
    assert len(hopsworks_standin.asked("POST", "/commits$")) - 1 == 3 * TRIES
    assert platform.statuses("hopsworks_predictions", ISSUES) == ["failed"] * 4


def test_a_key_that_is_there_twice_is_there_once_again(hopsworks_standin: "HopsworksStandIn", make_platform: Make) -> None:
    platform = make_platform()
    rows = in_hopsworks(hopsworks_standin, KEY)[:2].assign(partition_month="2025-10")
    access = platform.hopsworks().access()

    def twice(project: object) -> None:
        group = project.get_feature_store().get_feature_group("error_metrics", version=1)  # type: ignore[attr-defined]
        group.remove_rows(rows[[*ERROR_METRICS.key, "partition_month"]])
        group.insert(pd.concat([rows, rows], ignore_index=True))

    hopsworks_client.within(access, "Corrupting", twice)
    assert in_hopsworks(hopsworks_standin, KEY).duplicated(list(ERROR_METRICS.key)).sum() == 2
    assert platform.run(ASSET, KEY).success
    assert_right(hopsworks_standin, platform, KEY)


def test_a_group_of_other_columns_is_refused_and_left_as_it_is(hopsworks_standin: "HopsworksStandIn", make_platform: Make) -> None:
    platform = make_platform()
    (group,) = hopsworks_standin.cluster.groups.values()
    group["features"] = [feature for feature in group["features"] if feature["name"] != "live_issues"]
    failed = platform.run(ASSET, KEY)
    assert "give the group its next version, or delete it in Hopsworks" in platform.failure(failed)
    assert platform.tries(failed) == 1


def test_a_model_whose_registration_broke_off_is_registered_by_the_next_run(
    hopsworks_standin: "HopsworksStandIn", make_platform: Make
) -> None:
    platform = make_platform()
    hopsworks_standin.faults.add(Fault("error_after", method="PUT", path="/models/"))
    result = platform.run("hopsworks_model", "2025-10-27")
    assert result.success
    assert platform.tries(result) == 2
    champion = platform.models.champion_version(at_or_before="2025-10-27")
    assert champion is not None
    (number,) = (model["version"] for model in hopsworks_standin.cluster.models.values())
    assert platform.hopsworks().registry().fetch(number) == platform.models.contents(champion)


def test_files_without_a_registration_do_not_stop_the_next_run(hopsworks_standin: "HopsworksStandIn", make_platform: Make) -> None:
    platform = make_platform()
    hopsworks_standin.cluster.file("Models/forecast_model/2025102701/Files").mkdir(parents=True)
    assert platform.run("hopsworks_model", "2025-10-27").success
