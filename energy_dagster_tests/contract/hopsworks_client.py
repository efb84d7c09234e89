"""The real client, logged in at the stand-in with a patience of its own, and forgotten afterwards."""

from collections.abc import Callable
from contextlib import contextmanager
from functools import partialmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:  # the stand-in needs packages that only some environments have
    from collections.abc import Iterator

    from energy_dagster_tests.contract.hopsworks_standin.standin import HopsworksStandIn

PATIENCE_SECONDS = (2.0, 20.0)
"""How long the client waits for a connection and for each part of an answer; by itself it waits for ever."""


class Login(Protocol):
    """Log in at the stand-in and get the project."""

    def __call__(
        self,
        *,
        api_key: str | None = None,
        trust_store: Path | None = None,
        timeout: tuple[float, float] = PATIENCE_SECONDS,
    ) -> Any: ...


def _patient(send: Callable[..., Any], timeout: tuple[float, float]) -> Any:
    def send_request(client: Any, *args: Any, timeout: Any, **options: Any) -> Any:
        return send(client, *args, timeout=timeout, **options)

    return partialmethod(send_request, timeout=timeout)


def log_out() -> None:
    """Forget the process-wide login: client, engine, query service and project; safe where nobody is logged in."""
    import hopsworks

    hopsworks.logout()
    hopsworks._connected_project = None  # logout leaves it


@contextmanager
def logins(standin: "HopsworksStandIn", folder: Path) -> "Iterator[Login]":
    """A way to log in for one test; certificates go to a private folder below the one given."""
    import hopsworks
    from hopsworks_common.client.external import Client

    patches = pytest.MonkeyPatch()
    send = Client._send_request  # there is no public place for a timeout
    for name in ("HOPS_START_TIME", "HOPS_END_TIME", "REST_ENDPOINT"):  # the client's reads and its login obey these
        patches.delenv(name, raising=False)

    def login(
        *, api_key: str | None = None, trust_store: Path | None = None, timeout: tuple[float, float] = PATIENCE_SECONDS
    ) -> Any:
        patches.setattr(Client, "_send_request", _patient(send, timeout))
        return hopsworks.login(
            host=standin.host,
            port=standin.port,
            project=standin.project,
            api_key_value=api_key or standin.api_key,
            hostname_verification=True,
            trust_store_path=str(trust_store or standin.trust_store),
            cert_folder=str(folder / "certificates"),
            engine="python",
        )

    log_out()
    try:
        yield login
    finally:
        log_out()
        patches.undo()
