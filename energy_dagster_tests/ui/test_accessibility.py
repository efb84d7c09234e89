"""Every page by axe, in both lights, wide and narrow: nothing that would keep somebody out."""

from typing import Any

import pytest

from energy_dagster_tests.ui.browsing import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs a browser at {CHROMIUM}"),
]

GRAVE = ("serious", "critical")
READY = {
    "forecast": "Next peak",
    "monitoring": "How good were the forecasts",
    "monitoring?part=patterns": "weekday",
    "monitoring?part=calibration": "Reliability of the quantiles",
    "monitoring?part=models": "model-b",
    "monitoring?part=data": "raw_weather",
    "about": "Two truths",
    "forecast?lang=da": "Næste spids",
}


@pytest.mark.parametrize(("light", "width"), [("light", 1440), ("dark", 390)])
@pytest.mark.parametrize("path", READY)
def test_axe_finds_nothing_grave(app: str, browser: Any, path: str, light: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=light)
    try:
        page = context.new_page()
        page.goto(f"{app}/{path}{'&' if '?' in path else '?'}light={light}")
        page.get_by_text(READY[path]).first.wait_for()
        page.wait_for_timeout(1500)
        found = Axe().run(page).response["violations"]
    finally:
        context.close()
    grave = {
        one["id"]: [node["html"][:200] + " " + node.get("failureSummary", "")[:300] for node in one["nodes"][:4]]
        for one in found
        if one["impact"] in GRAVE
    }
    assert grave == {}


def test_a_browser_that_likes_it_dark_gets_it_dark_unless_it_says_otherwise(app: str, browser: Any) -> None:
    context = browser.new_context(color_scheme="dark")
    try:
        page = context.new_page()
        page.goto(f"{app}/about")
        page.wait_for_url("**light=dark**")
        page.get_by_role("link", name="Light").click()
        page.wait_for_url("**light=light**")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(244, 246, 249)"
    finally:
        context.close()
