"""Messages to people, through any service that Apprise knows, and the pulse of a dead man's switch.

The addresses hold passwords and tokens: no error, log line or `repr` of this module shows one.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, Literal

import httpx
from dagster import ConfigurableResource
from pydantic import Field

Tone = Literal["info", "success", "warning", "failure"]

PULSE_SECONDS: Final = 5
_BETWEEN: Final = re.compile(r"[,\s]+(?=[a-z][a-z0-9+.-]*://)", re.IGNORECASE)
"""What lies between two addresses; a comma inside of one is its own."""

_TALKATIVE: Final = ("apprise", "httpx", "httpcore", "urllib3", "requests_oauthlib")
"""Loggers of clients that write whole addresses."""


class BadAddress(ValueError):
    """An address is of no service that Apprise knows; the message says which one by its place, not by its text."""


class NotDelivered(RuntimeError):
    """A message or a pulse did not arrive; the message names the service, not its address."""


@dataclass(frozen=True)
class Receiver:
    """One address: what to call it, and a mark that is the same for as long as the address is."""

    name: str
    mark: str
    _service: Any = field(repr=False)  # a plugin of Apprise

    def deliver(self, title: str, text: str, *, tone: Tone) -> None:
        """Send one message.

        Raises:
            NotDelivered: the service refused it, or could not be reached.
        """
        with _unheard():
            arrived = self._service.notify(body=text, title=title, notify_type=tone)
        if not arrived:
            raise NotDelivered(f"{self.name} refused the message or could not be reached")


class Messenger(ConfigurableResource):  # type: ignore[type-arg]
    """Whom to tell."""

    urls: str = Field(description="Addresses as Apprise reads them, comma separated", repr=False)

    def receivers(self) -> list[Receiver]:
        """The receivers, in the order of their addresses.

        Raises:
            BadAddress: an address is of no known service, or there is none at all.
        """
        from apprise import Apprise  # noqa: PLC0415 - a hundred services, needed only when there is something to say

        found: list[Receiver] = []
        for place, url in enumerate(addresses(self.urls), 1):
            with _unheard():
                service = Apprise.instantiate(url, suppress_exceptions=True)
            if service is None:
                raise BadAddress(f"expected addresses of services that Apprise knows, found another at place {place}")
            name = f"{service.service_name} (address {place})"
            found.append(Receiver(name, sha256(url.encode()).hexdigest()[:8], service))
        if not found:
            raise BadAddress("expected at least one address, found none")
        return found


class Pulse(ConfigurableResource):  # type: ignore[type-arg]
    """A dead man's switch: a service that calls people when it was not asked for a while."""

    url: str = Field(description="What is asked for each beat", repr=False)

    def beat(self) -> None:
        """Ask once.

        Raises:
            NotDelivered: it could not be reached, or answered with an error.
        """
        try:
            with _unheard():
                answer = httpx.get(self.url, timeout=PULSE_SECONDS, follow_redirects=True)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotDelivered(f"the heartbeat's service could not be reached: {type(error).__name__}") from None
        if answer.is_error:
            raise NotDelivered(f"the heartbeat's service answered {answer.status_code}")


def addresses(urls: str) -> list[str]:
    """The single addresses of a list of them.

    >>> addresses("json://localhost/a, mailto://u:p@example.org?to=a@b.c,d@e.f")
    ['json://localhost/a', 'mailto://u:p@example.org?to=a@b.c,d@e.f']
    """
    return [one for one in (part.strip(" ,\n\t") for part in _BETWEEN.split(urls)) if one]


@contextmanager
def _unheard() -> Iterator[None]:
    """Clients that write addresses into the log are silent."""
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)  # which loggers below them that are made meanwhile follow
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
