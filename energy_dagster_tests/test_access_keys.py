import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_dagster.access_keys import KeyBook, NoSuchKey, UnreadableKeys

NOW = datetime(2026, 6, 17, 9, tzinfo=UTC)


def _book(folder: Path) -> KeyBook:
    return KeyBook(folder / "api-keys.json")


def test_a_key_opens_and_its_text_is_nowhere_kept(tmp_path: Path) -> None:
    key, text = _book(tmp_path).create("planner", scope="read", now=NOW)
    assert _book(tmp_path).holder(text, now=NOW) == key
    assert text.rpartition("_")[2] not in (tmp_path / "api-keys.json").read_text(encoding="utf-8")


def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    _book(tmp_path).create("planner", scope="read", now=NOW)
    assert (tmp_path / "api-keys.json").stat().st_mode & 0o777 == 0o600


def test_a_revoked_key_opens_nothing_also_for_a_book_that_was_open(tmp_path: Path) -> None:
    reader = _book(tmp_path)
    key, text = _book(tmp_path).create("planner", scope="read", now=NOW)
    assert reader.holder(text, now=NOW) is not None
    _book(tmp_path).revoke(key.key_id, now=NOW)
    assert reader.holder(text, now=NOW) is None


def test_a_key_expires(tmp_path: Path) -> None:
    _, text = _book(tmp_path).create("planner", scope="read", now=NOW, expires_at=NOW + timedelta(days=1))
    assert _book(tmp_path).holder(text, now=NOW + timedelta(hours=23)) is not None
    assert _book(tmp_path).holder(text, now=NOW + timedelta(days=1)) is None


def test_a_key_is_revoked_once_and_the_error_lists_those_left(tmp_path: Path) -> None:
    book = _book(tmp_path)
    key, _ = book.create("planner", scope="read", now=NOW)
    other, _ = book.create("trader", scope="admin", now=NOW)
    book.revoke(key.key_id, now=NOW)
    with pytest.raises(NoSuchKey, match=rf"not revoked \({other.key_id}\), found '{key.key_id}'"):
        book.revoke(key.key_id, now=NOW)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"keys": [{"name": "x"}]}', '{"keys": 3}'])
def test_a_file_that_cannot_be_understood_lets_nobody_in(tmp_path: Path, content: str) -> None:
    _, text = _book(tmp_path).create("planner", scope="read", now=NOW)
    (tmp_path / "api-keys.json").write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableKeys, match=r"energy keys.*api-keys\.json"):
        _book(tmp_path).holder(text, now=NOW)


def test_without_a_file_there_is_no_key(tmp_path: Path) -> None:
    assert _book(tmp_path).keys() == []
    assert _book(tmp_path).holder("ek_1_2", now=NOW) is None


@given(text=st.text())
def test_no_other_text_is_a_key(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("keys")
    key, good = _book(folder).create("planner", scope="read", now=NOW)
    tried = (text, f"ek_{key.key_id}_{text}", f"{good}x", good[:-1], json.dumps(good))
    assert all(_book(folder).holder(one, now=NOW) is None for one in tried if one != good)
