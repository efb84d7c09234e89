import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import fsspec
import pytest

from energy_dagster.storage.files import StorageError
from energy_dagster.storage.quarantine import MOST_ENTRIES, Kept, Quarantine, UnknownKept

AT = datetime(2026, 3, 10, 18, 30, 0, 123456, tzinfo=UTC)
URL = "https://api.energidataservice.dk/dataset/Load"


@pytest.fixture(params=["local", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Each storage in turn."""
    if request.param == "local":
        yield str(tmp_path / "quarantine")
        return
    yield "memory://kept-answers"
    fsspec.filesystem("memory").store.clear()


@pytest.fixture
def quarantine(root: str) -> Quarantine:
    return Quarantine(root)


def keep(quarantine: Quarantine, payload: bytes = b"<html>", *, dataset: str = "Load", at: datetime = AT, **more: Any) -> Kept:
    given: dict[str, Any] = {"url": URL, "params": {"limit": "0"}, "reason": "Load: expected JSON", "content_type": "text/html"}
    return quarantine.keep(dataset, payload=payload, at=at, **given | more)


def test_an_answer_is_kept_with_what_is_known_of_it(quarantine: Quarantine) -> None:
    kept = keep(quarantine, b"[1]", size_bytes=9, cut=True)
    assert kept.kept_id == "Load/20260310T183000.123456Z-" + kept.digest[:8]
    assert (kept.dataset, kept.url, kept.params, kept.at) == ("Load", URL, {"limit": "0"}, AT)
    assert (kept.reason, kept.content_type, kept.size_bytes, kept.cut) == ("Load: expected JSON", "text/html", 9, True)
    assert quarantine.get(kept.kept_id) == kept
    assert quarantine.payload(kept.kept_id) == b"[1]"


def test_what_is_kept_is_found_by_others(root: str) -> None:
    kept = keep(Quarantine(root))
    assert Quarantine(root).listing() == [kept]


def test_an_empty_quarantine_lists_nothing(quarantine: Quarantine) -> None:
    assert quarantine.listing() == []


def test_a_time_of_another_zone_is_told_in_utc(quarantine: Quarantine) -> None:
    kept = keep(quarantine, at=AT.astimezone(timezone(timedelta(hours=1))))
    assert kept.kept_id.startswith("Load/20260310T183000.123456Z-")


def test_the_newest_is_listed_first_across_datasets(quarantine: Quarantine) -> None:
    ages = {"Load": 2, "Settlement": 0, "Weather": 1}
    for dataset, days in ages.items():
        keep(quarantine, dataset=dataset, at=AT - timedelta(days=days))
    assert [kept.dataset for kept in quarantine.listing()] == ["Settlement", "Weather", "Load"]


def test_the_same_answer_to_the_same_request_is_kept_once(quarantine: Quarantine) -> None:
    first = keep(quarantine)
    assert keep(quarantine, at=AT + timedelta(days=1), reason="another") == first
    assert quarantine.listing() == [first]


@pytest.mark.parametrize("other", [{"params": {"limit": "1"}}, {"url": f"{URL}2"}, {"dataset": "Settlement"}, {"payload": b"[]"}])
def test_another_request_or_answer_at_the_same_moment_is_another_entry(quarantine: Quarantine, other: dict[str, Any]) -> None:
    first, second = keep(quarantine), keep(quarantine, **other)
    assert {kept.kept_id for kept in quarantine.listing()} == {first.kept_id, second.kept_id}
    assert first.kept_id != second.kept_id


def test_the_oldest_of_a_dataset_go(quarantine: Quarantine) -> None:
    other = keep(quarantine, dataset="Settlement", at=AT - timedelta(days=1))
    kept = [keep(quarantine, b"%d" % number, at=AT + timedelta(seconds=number)) for number in range(MOST_ENTRIES + 2)]
    left = [one.kept_id for one in quarantine.listing()]
    assert left == [*reversed([one.kept_id for one in kept[2:]]), other.kept_id]
    with pytest.raises(UnknownKept):
        quarantine.payload(kept[0].kept_id)


def test_what_is_dropped_is_gone(quarantine: Quarantine) -> None:
    kept = keep(quarantine)
    quarantine.drop(kept.kept_id)
    assert quarantine.listing() == []
    with pytest.raises(UnknownKept, match="kept are: none"):
        quarantine.drop(kept.kept_id)


@pytest.mark.parametrize(
    "kept_id",
    [
        "",
        "Load",
        "Load/1",
        "../../etc/passwd",
        "../Load/20260310T183000.123456Z-00000000",
        "/20260310T183000.123456Z-00000000",
        "*",
    ],
)
def test_an_id_that_is_none_is_answered_with_those_there_are(quarantine: Quarantine, kept_id: str) -> None:
    kept = keep(quarantine)
    for ask in (quarantine.get, quarantine.payload, quarantine.drop):
        with pytest.raises(UnknownKept, match=f"kept are: {kept.kept_id}"):
            ask(kept_id)


def test_no_id_leads_out_of_the_folder(tmp_path: Path) -> None:
    outside = Quarantine(str(tmp_path))
    name = keep(outside).kept_id.removeprefix("Load/")
    inside = Quarantine(str(tmp_path / "Load" / "below"))
    for kept_id in (f"../{name}", f"../../Load/{name}", f"x/../../{name}", f"{tmp_path}/Load/{name}"):
        with pytest.raises(UnknownKept):
            inside.drop(kept_id)
    assert len(outside.listing()) == 1


@pytest.mark.parametrize("dataset", ["a/b", "../x", "Load (description)", ".", "", "København"])
def test_any_dataset_has_a_folder_of_its_own_below_the_root(quarantine: Quarantine, dataset: str) -> None:
    kept = keep(quarantine, dataset=dataset)
    assert [(one.dataset, one.kept_id) for one in quarantine.listing()] == [(dataset, kept.kept_id)]
    assert quarantine.payload(kept.kept_id) == b"<html>"


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b'{"dataset": "Load"}', b"\xff", b'{"at": "noon"}', b'{"at": 1}'])
def test_an_entry_whose_description_is_damaged_says_so(tmp_path: Path, text: bytes) -> None:
    quarantine = Quarantine(str(tmp_path))
    whole, broken = keep(quarantine), keep(quarantine, b"other", at=AT + timedelta(hours=1))
    (tmp_path / f"{broken.kept_id}.json").write_bytes(text)
    damaged, listed = quarantine.listing()
    assert listed == whole
    assert (damaged.kept_id, damaged.at, damaged.dataset) == (broken.kept_id, broken.at, "Load")
    assert damaged.reason.startswith("its description cannot be read (")
    assert quarantine.payload(broken.kept_id) == b"other"
    quarantine.drop(broken.kept_id)
    assert quarantine.listing() == [whole]


def test_an_entry_without_description_does_not_exist_and_goes_with_the_oldest(tmp_path: Path) -> None:
    quarantine = Quarantine(str(tmp_path))
    orphan = keep(quarantine, at=AT - timedelta(days=1))
    (tmp_path / f"{orphan.kept_id}.json").unlink()
    assert quarantine.listing() == []
    for number in range(MOST_ENTRIES):
        keep(quarantine, b"%d" % number, at=AT + timedelta(seconds=number))
    assert not (tmp_path / f"{orphan.kept_id}.body").exists()


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    quarantine = Quarantine(str(tmp_path))
    kept = keep(quarantine)
    (tmp_path / "Load" / "notes.json").write_text("mine")
    (tmp_path / "README").write_text("mine")
    assert quarantine.listing() == [kept]


def test_the_description_is_json_for_people(tmp_path: Path) -> None:
    kept = keep(Quarantine(str(tmp_path)))
    said = json.loads((tmp_path / f"{kept.kept_id}.json").read_text())
    assert (said["at"], said["reason"]) == ("2026-03-10T18:30:00.123456+00:00", "Load: expected JSON")


def test_a_root_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="file"):
        keep(Quarantine(str(tmp_path / "file")))


def test_a_payload_that_is_gone_is_named(tmp_path: Path) -> None:
    quarantine = Quarantine(str(tmp_path))
    kept = keep(quarantine)
    (tmp_path / f"{kept.kept_id}.body").unlink()
    with pytest.raises(StorageError, match=r"cannot read .*\.body: No such file"):
        quarantine.payload(kept.kept_id)
