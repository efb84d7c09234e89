"""A real browser and a real server for the tests that look at the pages as a visitor does."""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from energy_dagster_tests.ports import free_port

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = Path(next((found for name in _NAMES if (found := shutil.which(name))), "/usr/bin/chromium"))
LOOPBACK = {"localhost", "127.0.0.1"}
START_WITHIN_S = 60


class Visit:
    """A page in the browser, and everything it asked for or complained of."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.hosts: set[str] = set()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self._asked(request.url))
        page.on("websocket", lambda socket: self._asked(socket.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)

    def _asked(self, url: str) -> None:
        address = urlsplit(url)
        if address.scheme in {"http", "https", "ws", "wss"}:
            self.requests.append(url)
            self.hosts.add(address.hostname or "")

    def painted_charts(self) -> int:
        """How many charts have ink on their canvas."""
        return int(self.page.evaluate(_PAINTED))


_PAINTED = """
() => {
  const canvases = []
  const visit = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.tagName == 'CANVAS') canvases.push(element)
      if (element.shadowRoot) visit(element.shadowRoot)
    }
  }
  visit(document)
  const has_ink = (canvas) => canvas.width > 0 && canvas.height > 0 &&
    canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0)
  return canvases.filter(has_ink).length
}
"""


@contextmanager
def app_server(data: Path, *, now: datetime) -> Iterator[str]:
    """`python -m ui` on a free loopback port, in a process of its own; yields its address."""
    port = free_port()
    environment = {**os.environ, "ENERGY_DATA": str(data), "ENERGY_NOW": now.isoformat(), "ENERGY_UI_PORT": str(port)}
    log = data / "ui.log"
    with log.open("w") as out:
        process = subprocess.Popen([sys.executable, "-m", "ui"], env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        _wait_for(f"http://127.0.0.1:{port}/forecast", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=20):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
    raise RuntimeError(f"expected {url} to answer within {START_WITHIN_S} s, found: {log.read_text()}")
