"""What somebody does with the forecast page in the morning, in a real browser."""

import csv
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest

from energy_dagster.store.reader import Store
from energy_dagster_tests.ui.browsing import CHROMIUM, LOOPBACK, Visit
from ui.charts.fan import P50

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a browser at {CHROMIUM}"),
]

Open = Callable[..., Visit]
DESKTOP = {"width": 1280, "height": 1400}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def visit(app: str, browser: Any) -> Iterator[Open]:
    """Opens the page as asked; afterwards nothing may have been complained of, nor asked of another host."""
    visits = []

    def open_page(query: str = "", *, viewport: dict[str, int] = DESKTOP) -> Visit:
        context = browser.new_context(viewport=viewport, permissions=["clipboard-read", "clipboard-write"])
        seen = Visit(context.new_page())
        visits.append((context, seen))
        seen.page.goto(f"{app}/forecast?{query}")
        seen.page.get_by_role("button", name="CSV").wait_for()
        return seen

    yield open_page
    for context, seen in visits:
        context.close()
        assert seen.complaints == []
        assert seen.hosts <= LOOPBACK


def test_travelling_in_time_and_coming_back(visit: Open) -> None:
    page = visit("issue=2026-06-15T04:00Z").page
    page.get_by_label("at", exact=True).select_option(label="08:00")
    page.get_by_text("Issued Mon 15 Jun 2026, 08:00 CEST").wait_for()
    page.wait_for_url("**issue=2026-06-15T06**")
    page.get_by_text("measured since lay between P10 and P90").wait_for()
    page.get_by_role("button", name="Back to newest").click()
    page.get_by_text("Issued Wed 17 Jun 2026, 11:00 CEST").wait_for()
    page.wait_for_url("**issue=newest**")


def test_the_slider_goes_back_an_hour_with_a_key(visit: Open) -> None:
    page = visit().page
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("Issued Wed 17 Jun 2026, 10:00 CEST").wait_for()


def test_the_day_ahead_view_shows_a_day_as_it_stood_at_the_gate(visit: Open) -> None:
    page = visit().page
    page.get_by_role("button", name="Day-ahead").click()
    page.get_by_role("heading", name="Denmark, Thu 18 Jun, day-ahead").wait_for()
    page.get_by_label("Day of delivery").select_option(label="Tue 16 Jun")
    page.get_by_role("heading", name="Denmark, Tue 16 Jun, day-ahead").wait_for()
    page.wait_for_url("**view=day-ahead**day=2026-06-16**")
    page.get_by_text("/v1/forecasts/day-ahead/2026-06-16?area=DK").wait_for()


@pytest.mark.parametrize(("place", "name"), [((0.27, 0.48), "West Denmark (DK1)"), ((0.8, 0.66), "East Denmark (DK2)")])
def test_a_click_on_the_map_chooses_an_area(visit: Open, place: tuple[float, float], name: str) -> None:
    page = visit().page
    _click(page, page.locator(".bk-Figure").first, place)
    page.get_by_role("heading", name=name).wait_for()
    _click(page, page.locator(".bk-Figure").first, (0.62, 0.2))
    page.get_by_role("heading", name="Denmark", exact=True).wait_for()


def test_an_hour_clicked_in_the_chart_is_explained(visit: Open) -> None:
    page = visit().page
    page.locator(".why").wait_for()
    _click(page, page.locator(".bk-Figure").last, (0.9, 0.5))
    page.wait_for_function("!location.search.includes('hour=peak')")
    page.wait_for_timeout(800)
    assert page.get_by_label("Hour", exact=True).input_value() != "the peak"
    assert "what moves this hour most is" in page.locator(".why").inner_text()


def test_an_hour_is_chosen_by_name_and_kept_by_its_link(visit: Open) -> None:
    page = visit().page
    page.get_by_label("Hour").select_option(label="Wed 17 Jun 20:00")
    page.get_by_text("Wed 17 Jun 20:00-21:00 CEST: ").wait_for()
    page.wait_for_url("**hour=2026-06-17T18**")
    again = visit(page.url.split("?")[1]).page
    again.get_by_text("Wed 17 Jun 20:00-21:00 CEST: ").wait_for()


def test_the_downloaded_csv_holds_the_numbers_of_the_store(visit: Open, store: Store) -> None:
    page = visit("area=DK2").page
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    rows = list(csv.DictReader(StringIO(download.value.path().read_text(encoding="utf-8"))))
    held = store.forecast("DK2").rows
    assert [[float(row[name]) for name in ("q05", "q50", "q95")] for row in rows] == [[row.q05, row.q50, row.q95] for row in held]


@pytest.mark.parametrize("ending", ["parquet", "png"])
def test_other_files_can_be_taken_along(visit: Open, ending: str) -> None:
    page = visit("area=DK1").page
    page.wait_for_timeout(500)
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Download {'Parquet' if ending == 'parquet' else 'PNG'}").click()
    assert download.value.suggested_filename == f"forecast-DK1-total-20260617T0900Z.{ending}"
    assert download.value.path().read_bytes().startswith({"parquet": b"PAR1", "png": b"\x89PNG"}[ending])


def test_the_call_of_the_api_can_be_copied(visit: Open) -> None:
    page = visit("area=DK1").page
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Copy the API call").click()
    page.wait_for_timeout(300)
    assert page.evaluate("navigator.clipboard.readText()") == "/v1/forecasts?area=DK1&issued_at=2026-06-17T09:00:00Z"


def test_the_page_speaks_danish(visit: Open) -> None:
    page = visit("lang=da&area=DK1").page
    page.get_by_role("heading", name="Vestdanmark (DK1)").wait_for()
    page.get_by_text("Hvorfor så meget").wait_for()
    page.get_by_label("Område").select_option(label="Østdanmark (DK2)")
    page.get_by_role("heading", name="Østdanmark (DK2)").wait_for()
    assert "expected" not in page.locator(".why").inner_text()


@pytest.mark.parametrize("query", ["", "view=day-ahead&light=dark", "lang=da&issue=2026-06-15T06:00Z"])
def test_on_a_phone_nothing_is_wider_than_the_screen(visit: Open, query: str) -> None:
    seen = visit(query, viewport=PHONE)
    seen.page.wait_for_timeout(700)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_another_area_is_drawn_into_the_same_chart_and_a_hidden_line_stays_hidden(visit: Open, store: Store) -> None:
    page = visit("area=DK").page
    page.wait_for_function(_FORECAST_LINE)
    before = page.evaluate(_FORECAST_LINE, True)
    for area, name in (("DK1", "West Denmark (DK1)"), ("DK2", "East Denmark (DK2)")):
        page.get_by_label("Area").select_option(label=name)
        page.get_by_role("heading", name=name).wait_for()
        shown = page.evaluate(_FORECAST_LINE)
        assert shown["energies"] == [row.quantiles[P50] for row in store.forecast(area).rows]
        assert (shown["chart"], shown["visible"]) == (before["chart"], False)


# The line of the forecast as the browser holds it; hides it when told to.
_FORECAST_LINE = """
(hide) => {
  for (const document of Bokeh.documents) {
    for (const model of document._all_models.values()) {
      if (model.type == 'GlyphRenderer' && model.name == 'forecast') {
        const chart = [...document._all_models.values()].find((one) => one.type == 'Figure' && one.renderers.includes(model))
        if (hide) model.visible = false
        return {energies: [...model.data_source.data.y], chart: chart.id, visible: model.visible}
      }
    }
  }
  return null
}
"""


def _click(page: Any, chart: Any, place: tuple[float, float]) -> None:
    chart.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    box = chart.bounding_box()
    page.mouse.click(box["x"] + box["width"] * place[0], box["y"] + box["height"] * place[1])
