from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from energy_dagster_tests.ui.browsing import CHROMIUM, LOOPBACK, Visit, app_server
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot
from ui.state import PARTS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a browser at {CHROMIUM}"),
]

Open = Callable[..., Visit]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
CHARTS = {"errors": 3, "patterns": 2, "calibration": 3, "settlement": 1, "models": 0, "data": 0}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("data")
    write_snapshot(folder / "warehouse", sample_frames(NOW, days=14), as_of=NOW)
    with app_server(Path(folder), now=NOW) as address:
        yield f"{address}/monitoring"


@pytest.fixture
def visit(browser: Any, app: str) -> Iterator[Open]:
    contexts = []

    def open_page(query: str = "", *, viewport: dict[str, int] = DESKTOP) -> Visit:
        contexts.append(browser.new_context(viewport=viewport))
        made = Visit(contexts[-1].new_page())
        made.page.goto(app + query)
        made.page.locator(".credit").wait_for()
        return made

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_drawn_and_asks_no_other_host(visit: Open, part: str) -> None:
    seen = visit(f"?part={part}&light=dark")
    seen.page.wait_for_function(_CHARTS_ARE_THERE, arg=CHARTS[part])
    seen.page.wait_for_timeout(300)
    assert seen.painted_charts() >= CHARTS[part]
    assert seen.hosts <= LOOPBACK
    assert seen.complaints == []


@pytest.mark.parametrize("part", PARTS)
def test_on_a_phone_no_part_is_wider_than_the_screen(visit: Open, part: str) -> None:
    seen = visit(f"?part={part}&lang=da", viewport=PHONE)
    seen.page.wait_for_function(_CHARTS_ARE_THERE, arg=CHARTS[part])
    seen.page.wait_for_timeout(300)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_parts_are_reached_by_keyboard_and_kept_in_the_address(visit: Open) -> None:
    seen = visit()
    seen.page.get_by_role("button", name="Errors", exact=True).focus()
    seen.page.keyboard.press("Tab")
    seen.page.keyboard.press("Enter")
    seen.page.get_by_role("heading", name="When do the forecasts of Denmark go wrong?").wait_for()
    seen.page.wait_for_url("**part=patterns**")
    seen.page.reload()
    seen.page.get_by_role("heading", name="When do the forecasts of Denmark go wrong?").wait_for()
    assert seen.complaints == []


def test_a_day_is_chosen_in_the_calendar_and_kept_in_the_address(visit: Open) -> None:
    seen = visit()
    seen.page.get_by_label("Day of forecast and truth").fill("2026-06-10")
    seen.page.get_by_label("Day of forecast and truth").blur()
    seen.page.get_by_role("heading", name="Day-ahead forecast and truth, Wed 10 Jun").wait_for()
    seen.page.wait_for_url("**day=2026-06-10**")
    assert seen.complaints == []


def test_a_lead_and_an_area_are_chosen_and_kept_in_the_address(visit: Open) -> None:
    seen = visit("?part=calibration")
    seen.page.get_by_label("Lead time").select_option(label="1-6 h ahead")
    seen.page.get_by_role("heading", name="Reliability of the quantiles, 1-6 h ahead").wait_for()
    seen.page.get_by_label("Area").select_option(label="East Denmark (DK2)")
    seen.page.get_by_role("heading", name="Do the intervals of East Denmark (DK2) keep their promise?").wait_for()
    seen.page.wait_for_url(lambda url: "area=DK2" in url and "lead=01-06" in url)
    assert seen.complaints == []


def test_the_days_can_be_measured_by_skill(visit: Open) -> None:
    seen = visit("?measure=wape")
    seen.page.get_by_role("heading", name="Error as a share of consumption, day by day").wait_for()
    seen.page.get_by_label("Days by").select_option(label="Skill")
    seen.page.get_by_role("heading", name="Skill against the weekly naive, day by day").wait_for()
    assert seen.complaints == []


def test_the_page_speaks_danish(visit: Open) -> None:
    seen = visit("?lang=da&part=patterns")
    seen.page.get_by_role("heading", name="Hvornår rammer prognoserne for Danmark ved siden af?").wait_for()
    seen.page.get_by_role("button", name="Afregning", exact=True).click()
    seen.page.get_by_role("heading", name="Hvad ændrede afregningen for Danmark?").wait_for()
    assert seen.page.evaluate("document.documentElement.lang") == "da"
    assert seen.complaints == []


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
