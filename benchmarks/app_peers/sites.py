"""The two sites that are waited for: how each is started, what a drawn page is, how an area is chosen."""

import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import psutil

from benchmarks.environments import CannotRun, python_of
from energy_dagster.store.reader import Store
from energy_dagster_tests.ports import free_port
from energy_dagster_tests.ui.browsing import app_server

AREAS: Final = {"DK": "Denmark", "DK1": "West Denmark (DK1)", "DK2": "East Denmark (DK2)"}
PAGES: Final = ("forecast", "monitoring")
HERE: Final = Path(__file__).parent
STARTED_WITHIN_S: Final = 60

# Ours sends the heading and the numbers of the charts in one message.
_OURS_DRAWN = """
([code, name]) => {
  let heading = false, figures = 0
  const visit = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.tagName == 'H1' && element.textContent.includes(name)) heading = true
      if (element.tagName == 'CANVAS' && element.width > 0 && element.clientHeight > 0) figures += 1
      if (element.shadowRoot) visit(element.shadowRoot)
    }
  }
  visit(document)
  return heading && figures > 0
}
"""
_STREAMLIT_DRAWN = """
([code, name]) => {
  const heading = document.querySelector('h1')
  const charts = [...document.querySelectorAll('.js-plotly-plot')]
  const wanted = new URLSearchParams(location.search).get('page') == 'forecast' ? 1 : 3
  const shown = charts.filter((chart) => chart.layout?.meta == code && chart.querySelector('.main-svg'))
  return heading != null && heading.textContent.includes(name) && shown.length == wanted
}
"""


@dataclass(frozen=True)
class Site:
    """A site that answers.

    Attributes:
        page: the address of a page.
        drawn: whether the page shows an area; JavaScript of its code and name.
        choose: chooses an area on a page.
    """

    process: psutil.Process
    page: Callable[[str], str]
    drawn: str
    choose: Callable[[Any, str], None]

    def resident_mb(self) -> float:
        """Memory of the server and the processes it started."""
        return sum(one.memory_info().rss for one in [self.process, *self.process.children(recursive=True)]) / 1e6


@contextmanager
def ours(data: Path) -> Iterator[Site]:
    """This project's app over a folder that `energy forecast` has filled."""
    with Store(data / "warehouse") as store:
        now = store.snapshot().as_of
    with app_server(data, now=now) as address:
        process = next(one for one in psutil.Process().children(recursive=True) if "ui" in one.cmdline()[1:3])
        yield Site(process, lambda page: f"{address}/{page}?area=DK", _OURS_DRAWN, _choose_listed)


@contextmanager
def streamlit(data: Path) -> Iterator[Site]:
    """The Streamlit app over the same tables as Parquet files.

    Raises:
        CannotRun: it does not answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        _export(data / "warehouse", Path(folder))
        port = free_port()
        command = [str(python_of(HERE)), "-m", "streamlit", "run", str(HERE / "app.py")]
        options = {
            "server.port": port,
            "server.address": "127.0.0.1",
            "server.headless": "true",
            "browser.gatherUsageStats": "false",
        }
        command += [f"--{name}={value}" for name, value in options.items()]
        environment = {**os.environ, "APP_PEER_DATA": folder}
        started = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_for(f"{address}/_stcore/health")
            yield Site(psutil.Process(started.pid), lambda page: f"{address}/?page={page}", _STREAMLIT_DRAWN, _choose_named)
        finally:
            started.terminate()
            started.wait(timeout=20)


def _choose_listed(opened: Any, area: str) -> None:
    opened.get_by_label("Area").first.select_option(label=AREAS[area])


def _choose_named(opened: Any, area: str) -> None:
    opened.get_by_test_id("stRadio").get_by_text(AREAS[area], exact=True).click()


def _export(warehouse: Path, folder: Path) -> None:
    newest = warehouse / (warehouse / "CURRENT").read_text().strip()
    with duckdb.connect(str(newest), read_only=True) as connection:
        for table in ("predictions", "consumption", "error_metrics"):
            connection.execute(f"COPY {table} TO '{folder / table}.parquet'")


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
    raise CannotRun(f"expected {url} to answer within {STARTED_WITHIN_S} s, found nothing")
