"""The smoke test over a real API and a real app: well, with an old forecast, without one, and down."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from energy_dagster_tests.api.serving import served
from energy_dagster_tests.ports import free_port
from energy_dagster_tests.ui.browsing import app_server
from energy_dagster_tests.warehouse_fixture import sample_frames, write_snapshot
from scripts.smoke_test import NotWell, main, wait_until_well

pytestmark = pytest.mark.workflows

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose newest forecast was made at the beginning of this hour."""
    folder = tmp_path_factory.mktemp("data")
    write_snapshot(folder / "warehouse", sample_frames(NOW), as_of=NOW)
    return folder


@pytest.fixture(scope="module")
def api(data: Path) -> Iterator[str]:
    """The API over it, as a process of its own."""
    with served(data) as (address, _):
        yield address


def nobody() -> str:
    """An address at which nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


def ask(api: str, app: str, *, hours: float = 2, seconds: float = 0) -> int:
    """The smoke test, in this process."""
    return main(["--api", api, "--app", app, "--hours", str(hours), "--seconds", str(seconds)])


def test_a_platform_that_does_its_work_is_well(data: Path, api: str, capsys: pytest.CaptureFixture[str]) -> None:
    with app_server(data, now=NOW) as app:
        assert ask(api, app, seconds=30) == 0
    assert f"{api} holds a forecast of the last 2.0 h" in capsys.readouterr().out


def test_an_old_forecast_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = NOW - timedelta(hours=5)
    write_snapshot(tmp_path / "warehouse", sample_frames(old), as_of=old)
    with served(tmp_path) as (address, _):
        assert ask(address, address) == 1
        told = capsys.readouterr().err
        assert ask(address, address, hours=7) == 0, "the landing page of the API is a page, too"
    assert "expected a forecast of the last 2.0 h" in told
    assert f"{old:%Y-%m-%dT%H}" in told


def test_a_platform_without_a_forecast_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(tmp_path) as (address, _):
        assert ask(address, address) == 1
    assert "/health/ready: 503" in capsys.readouterr().err


def test_an_api_that_is_down_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    address = nobody()
    assert ask(address, address) == 1
    assert f"{address}/health/ready: no answer" in capsys.readouterr().err


def test_an_app_that_is_down_is_found(api: str, capsys: pytest.CaptureFixture[str]) -> None:
    address = nobody()
    assert ask(api, address) == 1
    assert f"{address}: no answer" in capsys.readouterr().err


def test_a_key_is_needed_where_rows_need_one(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENERGY_API_KEY", "unknown")
    with served(data, ENERGY_API_REQUIRE_KEY="true") as (address, _):
        assert ask(address, address) == 1
    assert "/v1/snapshot: 401" in capsys.readouterr().err


def test_what_comes_up_late_is_waited_for() -> None:
    asked: list[int] = []

    def check() -> None:
        asked.append(1)
        if len(asked) < 3:
            raise NotWell("not yet")

    wait_until_well([check], seconds=5, between=0.01)
    assert len(asked) == 3


def test_an_address_is_one_of_the_web() -> None:
    with pytest.raises(SystemExit):
        ask("file:///etc/passwd", "http://127.0.0.1")
