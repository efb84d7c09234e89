"""A page that stays open: news appears by itself, what was chosen stays, and a store that goes away comes back."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from energy_dagster.store.schema import POINTER
from energy_dagster_tests.ui.browsing import CHROMIUM, Visit, app_server
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a browser at {CHROMIUM}"),
]

TEN_SECONDS = 10_000


def test_news_appears_by_itself_and_the_choice_stays(tmp_path: Path, browser: Any) -> None:
    folder, frames = tmp_path / "warehouse", sample_frames(NOW, days=3)
    first = write_snapshot(folder, frames, as_of=NOW)
    with app_server(tmp_path, now=NOW) as address:
        seen = Visit(browser.new_page())
        seen.page.goto(f"{address}/forecast?area=DK1")
        seen.page.get_by_text(first).wait_for()
        seen.page.get_by_label("Area").select_option(label="East Denmark (DK2)")
        seen.page.get_by_role("heading", name="East Denmark (DK2)").wait_for()
        second = write_snapshot(folder, frames, as_of=NOW)
        seen.page.get_by_text(second).wait_for(timeout=TEN_SECONDS)
        assert seen.page.get_by_role("heading", name="East Denmark (DK2)").is_visible()
        assert "area=DK2" in seen.page.url
        assert seen.complaints == []
        seen.page.close()


def test_a_store_that_goes_away_is_said_in_a_sentence_and_comes_back(tmp_path: Path, browser: Any) -> None:
    folder = tmp_path / "warehouse"
    write_snapshot(folder, sample_frames(NOW, days=3), as_of=NOW)
    with app_server(tmp_path, now=NOW) as address:
        seen = Visit(browser.new_page())
        seen.page.goto(f"{address}/forecast")
        seen.page.get_by_text("Next peak").first.wait_for()
        shutil.move(folder, tmp_path / "away")
        seen.page.get_by_text("No forecast has been published yet").wait_for(timeout=TEN_SECONDS)
        folder.mkdir()
        (folder / "broken.duckdb").write_bytes(b"broken" * 4000)
        (folder / POINTER).write_text("broken.duckdb", encoding="utf-8")
        seen.page.get_by_text("The forecasts cannot be read just now").wait_for(timeout=TEN_SECONDS)
        shutil.rmtree(folder)
        shutil.move(tmp_path / "away", folder)
        seen.page.get_by_text("Next peak").first.wait_for(timeout=TEN_SECONDS)
        assert seen.complaints == []
        seen.page.close()


def test_a_zoom_stays_when_news_appears(tmp_path: Path, browser: Any) -> None:
    folder, frames = tmp_path / "warehouse", sample_frames(NOW, days=9)
    write_snapshot(folder, frames, as_of=NOW)
    with app_server(tmp_path, now=NOW) as address:
        seen = Visit(browser.new_page())
        seen.page.goto(f"{address}/forecast")
        seen.page.wait_for_function(_ZOOMED, arg=True)
        seen.page.wait_for_timeout(1500)
        second = write_snapshot(folder, frames, as_of=NOW)
        seen.page.get_by_text(second).wait_for(timeout=TEN_SECONDS)
        seen.page.wait_for_function(_ZOOMED, arg=False)
        seen.page.close()


# Zooms the fan chart to its last day when told to; true when it shows one day.
_ZOOMED = """
(zoom) => {
  for (const document of Bokeh.documents) {
    for (const model of document._all_models.values()) {
      if (model.type == 'Figure' && model.x_range.bounds instanceof Array) {
        const end = model.x_range.bounds[1]
        if (zoom) model.x_range.setv({start: end - 86400000, end})
        if (model.x_range.end - model.x_range.start == 86400000) return true
      }
    }
  }
  return false
}
"""
