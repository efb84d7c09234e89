"""`make screenshots`: the pictures of the README, taken of the running app in a real browser.

python -m energy_dagster_tests.ui.screenshots --data data --out docs/images
"""

import argparse
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from energy_dagster.store.reader import Store
from energy_dagster_tests.ui.browsing import CHROMIUM, app_server

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PICTURES: dict[str, tuple[str, Any, str]] = {
    "app-forecast": ("forecast", WIDE, "Next peak"),
    "monitoring": ("monitoring", WIDE, "How good were the forecasts"),
    "app-forecast-dark": ("forecast?area=DK1&light=dark", WIDE, "Next peak"),
    "app-forecast-phone": ("forecast?area=DK2&lang=da", PHONE, "Næste spids"),
}
"""By file: the address, the size of the screen, and a text that is there when the page is."""


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(prog="python -m energy_dagster_tests.ui.screenshots", description="Pictures of the app.")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder that `energy forecast` has filled")
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="where the pictures go")
    asked = parser.parse_args()
    with Store(asked.data / "warehouse") as store:
        now = store.snapshot().as_of
    with app_server(asked.data.resolve(), now=now) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        for name, (path, viewport, ready) in PICTURES.items():
            context = browser.new_context(viewport=viewport, device_scale_factor=1.5)
            page = context.new_page()
            page.goto(f"{address}/{path}")
            page.get_by_text(ready).first.wait_for()
            page.wait_for_timeout(2500)
            page.screenshot(path=str(asked.out / f"{name}.png"))
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
