"""What is dropped after a while, and months put together."""

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from energy_dagster.domain.tables import PREDICTIONS, RAW_LOAD
from energy_dagster.io_managers import upkeep as module
from energy_dagster.io_managers.lake import Lake, Version
from energy_dagster.io_managers.upkeep import KEEP_DAYS, Upkeep, keep_up
from energy_dagster.storage import packs
from energy_dagster.storage.files import StorageError, write_whole
from energy_dagster_tests.io_managers.house import House
from energy_dagster_tests.io_managers.lake_writing import MONTH, files_of, write_load
from energy_dagster_tests.io_managers.samples import AT, RUN, later, load_rows, prediction_rows

LONG_AFTER = AT + timedelta(days=200)
ISSUES = ("2026-06-01T10", "2026-06-01T11", "2026-06-02T10", "2026-07-01T10")


def load_of(mwh: float) -> pd.DataFrame:
    return load_rows("2026-06-01", "2026-06-02", mwh=mwh)


def issue_all(lake: Lake) -> None:
    for number, issue in enumerate(ISSUES):
        for revision, origin in enumerate(("live", "replay")):
            rows = prediction_rows(f"{issue}:00", mwh=10.0 * number + revision).assign(origin=origin)
            lake.write(PREDICTIONS, issue, rows, at=later(2 * number + revision), run_id=RUN)


def state_of(lake: Lake) -> tuple[list[Version], pd.DataFrame]:
    return list(lake.versions("predictions")), lake.read(PREDICTIONS, ISSUES)


def assert_same(one: tuple[list[Version], pd.DataFrame], other: tuple[list[Version], pd.DataFrame]) -> None:
    assert one[0] == other[0]
    pd.testing.assert_frame_equal(one[1], other[1])


def test_a_version_goes_when_its_successor_has_stood_long_enough(root: str) -> None:
    lake = Lake(root)
    for hours, mwh in enumerate((1.0, 2.0, 3.0)):
        write_load(lake, load_of(mwh), hours=hours)
    second_replaced = later(2) + timedelta(days=KEEP_DAYS)
    assert keep_up(lake, now=later(1) + timedelta(days=KEEP_DAYS)).dropped == 0
    assert keep_up(lake, now=second_replaced).dropped == 1
    assert keep_up(lake, now=second_replaced + timedelta(hours=1)).dropped == 1
    assert keep_up(lake, now=LONG_AFTER) == Upkeep()
    assert lake.read(RAW_LOAD, [MONTH])["consumption_mwh"].unique().tolist() == [3.0]


def test_every_issue_is_kept_for_ever_in_a_file_a_month(root: str) -> None:
    lake = Lake(root)
    issue_all(lake)
    before = state_of(lake)
    assert keep_up(lake, now=LONG_AFTER) == Upkeep(packed=8, packs=2)
    assert len(files_of(lake)) == 2
    assert_same(state_of(lake), before)
    assert_same(state_of(Lake(root)), before)
    assert keep_up(lake, now=LONG_AFTER + timedelta(hours=1)) == Upkeep()


def test_a_month_that_is_not_closed_stays_as_it_is(root: str) -> None:
    lake = Lake(root)
    issue_all(lake)
    done = keep_up(lake, now=datetime.fromisoformat("2026-08-10T00:00+00:00"))
    assert done == Upkeep(packed=6, packs=1)
    assert [Path(name).parent.name for name in files_of(lake)] == ["2026-07-01T10", "2026-07-01T10", "packed"]


def test_what_is_written_into_a_closed_month_joins_the_others_the_next_time(root: str) -> None:
    lake = Lake(root)
    issue_all(lake)
    keep_up(lake, now=LONG_AFTER)
    rows = prediction_rows(f"{ISSUES[0]}:00", mwh=99.0).assign(origin="replay")
    late = lake.write(PREDICTIONS, ISSUES[0], rows, at=LONG_AFTER, run_id=RUN).version
    before = state_of(lake)
    assert late in before[0]
    keep_up(lake, now=LONG_AFTER + timedelta(days=1))
    assert len(files_of(lake)) == 2
    assert_same(state_of(lake), before)


def test_unchanged_rows_of_a_packed_partition_are_no_new_version(root: str) -> None:
    lake = Lake(root)
    issue_all(lake)
    keep_up(lake, now=LONG_AFTER)
    rows = prediction_rows(f"{ISSUES[0]}:00", mwh=1.0).assign(origin="replay")
    assert not lake.write(PREDICTIONS, ISSUES[0], rows, at=LONG_AFTER, run_id=RUN).changed


def test_the_warehouse_does_not_notice(house: House) -> None:
    issue_all(house.lake)
    for mwh in (1.0, 2.0):
        house.write_load(mwh=mwh)
    house.publish(at=20)
    before = house.contents()
    keep_up(house.lake, now=LONG_AFTER)
    assert house.publish(at=21).changed == 0
    assert house.contents() == before
    (house.folder / "warehouse" / "CURRENT").unlink()
    house.publish(at=22)
    assert {name: rows for name, rows in house.contents().items() if not name.startswith("_")} == {
        name: rows for name, rows in before.items() if not name.startswith("_")
    }


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("step", range(14))
def test_whoever_is_killed_at_any_step_loses_nothing_and_the_next_time_ends_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    lake, steps = Lake(str(tmp_path)), iter(range(100))
    issue_all(lake)
    keep_up(lake, now=datetime.fromisoformat("2026-08-10T00:00+00:00"))
    rows = prediction_rows(f"{ISSUES[0]}:00", mwh=99.0).assign(origin="replay")
    lake.write(PREDICTIONS, ISSUES[0], rows, at=LONG_AFTER, run_id=RUN)
    before = state_of(lake)

    def mortal(name: str) -> None:
        real = getattr(module, name)

        def act(*arguments: object, **named: object) -> object:
            if next(steps) == step:
                raise Killed
            return real(*arguments, **named)

        monkeypatch.setattr(module, name, act)

    with monkeypatch.context() as monkeypatch:
        mortal("_remove")
        mortal("write_pack")
        try:
            keep_up(lake, now=LONG_AFTER)
        except Killed:
            assert_same(state_of(Lake(str(tmp_path))), before)
        else:
            assert step > 8
    keep_up(lake, now=LONG_AFTER + timedelta(days=1))
    assert_same(state_of(Lake(str(tmp_path))), before)
    assert len(files_of(lake)) == 2


def test_a_damaged_pack_is_named(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    issue_all(lake)
    keep_up(lake, now=LONG_AFTER)
    pack = packs.packs_below(lake.root / "predictions")[0]
    payload = pack.read_bytes()
    for number, damaged in enumerate((payload[: len(payload) // 2], payload[:2000] + b"\0" * 2000 + payload[4000:])):
        other = Lake(str(tmp_path / f"damaged {number}"))
        write_whole(other.root / "predictions" / "packed" / pack.name, damaged)
        with pytest.raises(StorageError, match=pack.name):
            other.read(PREDICTIONS, ISSUES)


def test_two_at_once_lose_nothing(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    lake = Lake(str(tmp_path))
    issue_all(lake)
    before = state_of(lake)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: keep_up(Lake(str(tmp_path)), now=LONG_AFTER + timedelta(seconds=number)), range(4)))
    assert_same(state_of(lake), before)
    keep_up(lake, now=LONG_AFTER + timedelta(days=1))
    assert len(files_of(lake)) == 2
