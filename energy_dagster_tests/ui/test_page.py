import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from energy_dagster.store.errors import NoSnapshot
from energy_dagster.store.reader import Store
from energy_dagster_tests.warehouse_fixture import NOW, write_snapshot
from ui.page import render_page, write_page


class _Loads(HTMLParser):
    """Collects every address that a tag would load or link to."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "data", "action"}]


@pytest.fixture(scope="module")
def page(store: Store) -> str:
    return render_page(store)


def test_the_page_loads_nothing_from_anywhere(page: str) -> None:
    found = _Loads()
    found.feed(page)
    assert found.addresses == ["data:,"]
    assert "@import" not in page


def test_the_page_shows_every_area_with_its_chart_and_table(page: str) -> None:
    for name in ("Denmark", "West Denmark (DK1)", "East Denmark (DK2)"):
        assert f"<h2>{name}</h2>" in page
        assert f"{name}, MWh per hour, local time" in page
    assert page.count('role="img"') == 3


def test_the_page_says_issue_model_and_scores(page: str) -> None:
    assert "Wed 17 Jun 2026, 11:00 CEST" in page
    assert "model-b" in page
    assert "How good the forecasts were" in page


def test_simulated_numbers_are_labelled_and_credited_to_nobody(page: str) -> None:
    assert "SIMULATED DATA" in page
    assert "Energinet (www.energidataservice.dk)" not in page


def test_measured_numbers_are_credited_and_not_called_simulated(autumn_store: Store) -> None:
    page = render_page(autumn_store)
    assert "Energinet (www.energidataservice.dk), CC BY 4.0" in page
    assert "SIMULATED" not in page


def test_the_page_is_made_without_panel() -> None:
    code = "import sys, ui.page; sys.exit('panel' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_writing_replaces_the_page_and_leaves_nothing_else(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "site" / "index.html"
    assert write_page(path, store=store) == path
    first = path.read_text(encoding="utf-8")
    assert write_page(path, store=store) == path
    assert len(path.read_text(encoding="utf-8")) == pytest.approx(len(first), rel=0.01)
    assert [file.name for file in path.parent.iterdir()] == ["index.html"]


def test_a_warehouse_without_forecasts_makes_a_page_that_says_so(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "warehouse", {}, as_of=NOW)
    with Store(tmp_path / "warehouse") as store:
        assert "No forecast has been published yet" in render_page(store)


def test_without_a_snapshot_no_page_is_written(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshot):
        write_page(tmp_path / "index.html", store=Store(tmp_path / "none"))
    assert list(tmp_path.iterdir()) == []
