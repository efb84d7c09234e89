"""The Hopsworks client of this process: one login, patient requests, and an end to every operation.

The only module that imports hopsworks, and only when something is asked of it. By itself the client waits for ever, does not
verify who answers, and keeps certificates where everybody may read them.
"""

import atexit
import logging
import os
import shutil
import ssl
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx

from energy_dagster.resources.feature_store import AccessRefused, ClientMissing, OtherServer, StoreAway
from energy_dagster.resources.hopsworks_errors import REFUSED, translated

T = TypeVar("T")

PATIENCE_SECONDS = (5.0, 60.0)
"""Longest wait for a connection, and for each part of an answer."""

TRIES: Final = 3
"""How often a question is asked that changes nothing."""

PAUSE_SECONDS: Final = 0.5
PASSING: Final = (502, 503, 504)
PRIVATE: Final = 0o700
INSTALL: Final = (
    "expected the Hopsworks client, found none: install it with `make hopsworks` or `uv sync --inexact --extra hopsworks`, or "
    "unset HOPSWORKS_HOST"
)


@dataclass(frozen=True)
class Access:
    """How Hopsworks is reached.

    Attributes:
        host, port, project: the service.
        key: an API key.
        trust_store: file of the authorities that are trusted; the machine's own by default.
        folder: below which certificates are kept while somebody is logged in.
        seconds: longest that a whole operation may take.
    """

    host: str
    port: int
    project: str
    key: str = field(repr=False)
    trust_store: str | None
    folder: str
    seconds: float


@dataclass
class _Session:
    """Who is logged in, and with what; there is one for the process, as the client's own state is."""

    access: Access | None = None
    project: Any = None
    certificates: str | None = None
    send: Callable[..., Any] | None = None


_LOCK = threading.RLock()
_session = _Session()


def within(access: Access, what: str, work: Callable[[Any], T]) -> T:
    """Do something with the project, logged in, until its time is up.

    Args:
        access: how it is reached.
        what: what is done, beginning a sentence.
        work: does it, given the project. It is left behind when its time is up, and its next request fails.

    Raises:
        FeatureStoreError: as its classes say.
    """
    done: list[T] = []
    failed: list[Exception] = []

    def run(session: _Session) -> None:
        try:
            project = _project(session, access)
            _still_wanted(session)
            done.append(work(project))
        except Exception as error:  # noqa: BLE001 - raised below, in the thread that waits
            failed.append(error)

    with _LOCK:
        if _session.access not in (None, access):
            log_out()
        thread = threading.Thread(target=run, args=(_session,), name="hopsworks", daemon=True)
        thread.start()
        thread.join(access.seconds)
        if done:
            return done[0]
        log_out()
    if failed:
        raise translated(what, failed[0]) from failed[0]
    raise StoreAway(f"{what} did not end within {access.seconds:g} s; it is tried again, and a backfill repairs it later")


def log_out() -> None:
    """End the login of this process, and forget its certificates."""
    global _session  # the client's own state is the process's, too
    with _LOCK:
        session, _session = _session, _Session()
        if session.send is not None:
            import hopsworks  # noqa: PLC0415 - an extra, and seconds to import
            from hopsworks_common.client.external import Client  # noqa: PLC0415

            hopsworks.logout()
            hopsworks._connected_project = None  # logging out leaves it
            Client._send_request = session.send
        if session.certificates is not None:
            shutil.rmtree(session.certificates, ignore_errors=True)


atexit.register(log_out)


def feature(name: str, dtype: str, description: str) -> Any:
    """One feature of a group."""
    from hsfs.feature import Feature  # noqa: PLC0415 - as above

    return Feature(name, type=dtype, description=description)


def _project(session: _Session, access: Access) -> Any:
    """The project, logged in first where nobody is."""
    if session.access is not None:
        return session.project
    _check_version(access, _imported())
    _still_wanted(session)
    session.certificates = _private_folder(Path(access.folder))
    session.send = _made_patient()
    os.environ["HOPSWORKS_HOSTNAME_VERIFICATION"] = "true"  # it would go before what is asked for here
    import hopsworks  # noqa: PLC0415 - as above

    session.project = hopsworks.login(
        host=access.host,
        port=access.port,
        project=access.project,
        api_key_value=access.key,
        hostname_verification=True,
        trust_store_path=access.trust_store,
        cert_folder=session.certificates,
        engine="python",
    )
    session.access = access
    return session.project


def _still_wanted(session: _Session) -> None:
    """See that nobody has ended the session meanwhile: what was left behind must not begin anew.

    Raises:
        StoreAway: it was left behind.
    """
    if session is not _session:
        raise StoreAway("its time was up before it was logged in")


def _imported() -> str:
    """The client's version. It sets up logging and the form of warnings when it is imported; both stay as they were."""
    root, form = logging.getLogger(), warnings.formatwarning
    handlers, level = list(root.handlers), root.level
    try:
        import hopsworks  # noqa: PLC0415 - as above
    except ImportError as error:
        raise ClientMissing(INSTALL) from error
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        warnings.formatwarning = form
    return str(hopsworks.__version__)


def _private_folder(folder: Path) -> str:
    """A new folder that nobody else may look into."""
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    folder.chmod(PRIVATE)
    return tempfile.mkdtemp(prefix=f"certificates-{os.getpid()}-", dir=folder)


def _check_version(access: Access, client_version: str) -> None:
    """See that server and client are of one release: by itself the client only warns.

    Raises:
        OtherServer: they are not.
        StoreAway, AccessRefused: the server does not say.
    """
    what = f"Asking {access.host}:{access.port} for its version"
    verify = ssl.create_default_context(cafile=access.trust_store) if access.trust_store else True
    timeout = httpx.Timeout(PATIENCE_SECONDS[1], connect=PATIENCE_SECONDS[0])
    try:
        with httpx.Client(base_url=f"https://{access.host}:{access.port}", verify=verify, timeout=timeout) as client:
            answer = client.get("/hopsworks-api/api/variables/versions", headers={"Authorization": f"ApiKey {access.key}"})
    except httpx.HTTPError as error:
        raise translated(what, error) from error
    if answer.status_code in REFUSED:
        raise AccessRefused(f"{what} was refused ({answer.status_code}): the server does not accept the key in HOPSWORKS_API_KEY")
    if not answer.is_success:
        raise StoreAway(f"{what} failed: the server answered {answer.status_code}; it is tried again")
    server = next((str(one["version"]) for one in answer.json() if one.get("software") == "hopsworks"), "none")
    if server.split(".")[:2] != client_version.split(".")[:2]:
        raise OtherServer(
            f"expected a Hopsworks server of version {'.'.join(client_version.split('.')[:2])}, as the client is {client_version}, "
            f"found {server} at {access.host}: install the client of the server's release"
        )


def _made_patient() -> Callable[..., Any]:
    """Give every request of the client a timeout, and another try to those that only ask; returns what was there before."""
    from hopsworks_common.client.external import Client  # noqa: PLC0415 - as above

    send: Callable[..., Any] = Client._send_request  # there is no public place

    def send_request(client: Any, method: str, *args: Any, timeout: Any = None, **options: Any) -> Any:
        for attempt in range(TRIES if method == "GET" else 1):
            try:
                return send(client, method, *args, timeout=timeout or PATIENCE_SECONDS, **options)
            except Exception as error:
                if not _passes(error) or method != "GET" or attempt == TRIES - 1:
                    raise
            time.sleep(PAUSE_SECONDS * 2**attempt)
        raise AssertionError("a request is sent or raises")

    Client._send_request = send_request
    return send


def _passes(error: Exception) -> bool:
    """Whether the same question may be answered a moment later."""
    names = {cls.__name__ for cls in type(error).__mro__}
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status in PASSING or ("ConnectionError" in names and "SSLError" not in names)
