"""Somebody elsewhere in the network: who asks by the proxy's names, and believes only its authority."""

import re
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Self

import httpx
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from energy_dagster_tests.infrastructure.ansible.playbooks import DOMAIN

ROWS: Final = "/v1/forecasts?area=DK&quantiles=0.5"
ANSWER_SECONDS: Final = 60


@dataclass(frozen=True)
class Visitor:
    """Asks a host by its address."""

    address: str
    authority: str

    def get(self, name: str, path: str, *, auth: tuple[str, str] | None = None) -> httpx.Response:
        """The answer of a site of the proxy, by a connection of its own; TLS must be in order."""
        site = f"{name}.{DOMAIN}"
        with httpx.Client(verify=self._trust(), timeout=ANSWER_SECONDS, trust_env=False) as client:
            address = f"https://{self.address}{path}"
            return client.get(address, headers={"Host": site}, extensions={"sni_hostname": site}, auth=auth)

    def get_in_the_clear(self, name: str) -> httpx.Response:
        """The answer without TLS."""
        return httpx.get(f"http://{self.address}/", headers={"Host": f"{name}.{DOMAIN}"}, trust_env=False)

    def first_message_of_the_apps_socket(self, *, origin: str) -> str:
        """Open a page of the app, then its socket as the page does.

        Raises:
            websockets.exceptions.InvalidStatus: the socket was refused.
        """
        page = self.get("app", "/")
        found = re.search(r'"token":"([^"]+)"', page.text)
        assert found, "the page has no token of a session"
        site = f"app.{DOMAIN}"
        with connect(
            f"wss://{site}/ws",
            sock=socket.create_connection((self.address, 443), timeout=ANSWER_SECONDS),
            ssl=self._trust(),
            server_hostname=site,
            subprotocols=[Subprotocol("bokeh"), Subprotocol(found[1])],
            origin=Origin(origin),
            additional_headers={"Cookie": page.headers["set-cookie"].partition(";")[0]},
        ) as opened:
            return str(opened.recv(timeout=ANSWER_SECONDS))

    def port_is_open(self, port: int) -> bool:
        """Whether a TCP port of the host takes connections."""
        with socket.socket() as probe:
            probe.settimeout(3)
            return probe.connect_ex((self.address, port)) == 0

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.authority)


@dataclass
class Watch:
    """What came of asking the API and the app again and again."""

    answered: Counter[str] = field(default_factory=Counter)
    versions: dict[str, set[str]] = field(default_factory=lambda: {"api": set(), "app": set()})
    failures: list[str] = field(default_factory=list)

    def look(self, visitor: Visitor, name: str) -> None:
        """Ask once."""
        try:
            answer = visitor.get(name, ROWS if name == "api" else "/")
            version = api_version(answer) if name == "api" else app_version(answer)
            answer.raise_for_status()
        except (httpx.HTTPError, AssertionError) as error:
            self.failures.append(f"{name} after {self.answered[name]}: {error!r}")
        else:
            self.answered[name] += 1
            self.versions[name].add(version)

    @classmethod
    @contextmanager
    def over(cls, visitor: Visitor) -> Iterator[Self]:
        """Ask, from two sides at once, as long as the context lasts."""
        watch, done = cls(), threading.Event()

        def ask(name: str, pause: float) -> None:
            while not done.is_set():
                watch.look(visitor, name)
                time.sleep(pause)

        threads = [threading.Thread(target=ask, args=way) for way in (("api", 0.05), ("app", 0.3))]
        for thread in threads:
            thread.start()
        try:
            yield watch
        finally:
            done.set()
            for thread in threads:
                thread.join()


def api_version(answer: httpx.Response) -> str:
    """The version of the contract, which begins every entity tag."""
    found = re.match(r'W/"([0-9.]+)-', answer.headers.get("etag", ""))
    assert found, f"no entity tag: {answer.status_code} {answer.text[:200]}"
    return found[1]


def app_version(answer: httpx.Response) -> str:
    """The mark of a release in the page; the first release has none."""
    assert "</html>" in answer.text, f"no whole page: {answer.status_code} {answer.text[:200]}"
    found = re.search(r'<meta name="release" content="([^"]+)">', answer.text)
    return found[1] if found else "first"
