from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from energy_dagster.store.reader import Store
from energy_dagster_tests.ui.browsing import CHROMIUM, LOOPBACK, Visit, app_server
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot
from ui.page import write_page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a browser at {CHROMIUM}"),
]

Open = Callable[..., Visit]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def visit(browser: Any) -> Iterator[Open]:
    contexts = []

    def open_page(url: str, *, viewport: dict[str, int] = DESKTOP) -> Visit:
        contexts.append(browser.new_context(viewport=viewport))
        made = Visit(contexts[-1].new_page())
        made.page.goto(url)
        return made

    yield open_page
    for context in contexts:
        context.close()


def test_the_forecast_page_is_drawn_and_asks_no_other_host(app: str, visit: Open) -> None:
    seen = visit(f"{app}/forecast")
    seen.page.get_by_text("Next peak").wait_for()
    seen.page.wait_for_function(_CHARTS_ARE_THERE, arg=1)
    assert seen.painted_charts() >= 1
    assert seen.page.get_by_text("SIMULATED DATA", exact=False).first.is_visible()
    assert seen.hosts <= LOOPBACK
    assert seen.complaints == []


def test_the_shown_forecast_can_be_downloaded(app: str, visit: Open) -> None:
    seen = visit(f"{app}/forecast?area=DK2")
    button = seen.page.get_by_text("Download CSV")
    button.wait_for()
    with seen.page.expect_download() as download:
        button.click()
    assert download.value.suggested_filename == "forecast-DK2-total-20260617T0900Z.csv"
    assert len(download.value.path().read_text(encoding="utf-8").splitlines()) == 49
    assert seen.complaints == []


def test_the_monitoring_page_is_drawn_and_asks_no_other_host(app: str, visit: Open) -> None:
    seen = visit(f"{app}/monitoring")
    seen.page.get_by_text("Error of every hour").wait_for()
    seen.page.wait_for_function(_CHARTS_ARE_THERE, arg=3)
    assert seen.painted_charts() >= 3
    assert seen.hosts <= LOOPBACK
    assert seen.complaints == []


def test_choosing_an_area_shows_it_and_makes_a_link(app: str, visit: Open) -> None:
    seen = visit(f"{app}/forecast")
    seen.page.get_by_role("heading", name="Denmark", exact=True).wait_for()
    seen.page.get_by_label("Area").select_option(label="East Denmark (DK2)")
    seen.page.get_by_role("heading", name="East Denmark (DK2)").wait_for()
    seen.page.wait_for_url("**area=DK2**")
    assert "area=DK2" in (seen.page.get_by_role("link", name="Monitoring").get_attribute("href") or "")
    assert seen.complaints == []


def test_a_link_opens_its_choice(app: str, visit: Open) -> None:
    seen = visit(f"{app}/forecast?area=DK1&issue=2026-06-17T03:00Z")
    seen.page.get_by_role("heading", name="West Denmark (DK1)").wait_for()
    seen.page.get_by_text("Issued Wed 17 Jun 2026, 05:00 CEST").wait_for()
    assert seen.complaints == []


def test_a_link_to_nothing_known_says_so(app: str, visit: Open) -> None:
    seen = visit(f"{app}/forecast?area=DK9")
    seen.page.get_by_text("There is no such forecast of DK9").wait_for()


def test_before_the_first_snapshot_the_page_says_what_to_do(tmp_path: Path, visit: Open) -> None:
    with app_server(tmp_path, now=NOW) as address:
        seen = visit(f"{address}/forecast")
        seen.page.get_by_text("No forecast has been published yet").wait_for()
        write_snapshot(tmp_path / "warehouse", sample_frames(NOW, days=3), as_of=NOW)
        seen.page.reload()
        seen.page.get_by_text("Next peak").wait_for()


@pytest.mark.parametrize("path", ["forecast", "monitoring"])
def test_on_a_phone_nothing_is_wider_than_the_screen(app: str, visit: Open, path: str) -> None:
    seen = visit(f"{app}/{path}", viewport=PHONE)
    seen.page.wait_for_function(_CHARTS_ARE_THERE, arg=1)
    seen.page.wait_for_timeout(500)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_the_self_contained_page_is_drawn_and_asks_for_nothing(
    tmp_path: Path, store: Store, visit: Open, viewport: dict[str, int]
) -> None:
    path = write_page(tmp_path / "index.html", store=store)
    seen = visit(path.as_uri(), viewport=viewport)
    seen.page.wait_for_function(_CHARTS_ARE_THERE, arg=3)
    seen.page.wait_for_timeout(500)
    assert seen.painted_charts() >= 3
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert seen.requests == []
    assert seen.complaints == []


def test_hovering_over_the_fan_reads_like_a_sentence(tmp_path: Path, store: Store, visit: Open) -> None:
    seen = visit(write_page(tmp_path / "index.html", store=store).as_uri())
    chart = seen.page.locator(".bk-Figure").first
    chart.wait_for()
    box = chart.bounding_box()
    assert box is not None
    seen.page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.5, steps=4)
    seen.page.get_by_text("MWh expected, 80 % between").first.wait_for(timeout=5000)


_CHARTS_ARE_THERE = """
(wanted) => {
  let found = 0
  const visit = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.classList.contains('bk-Figure') && element.clientHeight > 0) found += 1
      if (element.shadowRoot) visit(element.shadowRoot)
    }
  }
  visit(document)
  return found >= wanted
}
"""
