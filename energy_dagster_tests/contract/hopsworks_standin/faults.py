"""A plan of what goes wrong, and when."""

import re
import threading
from dataclasses import dataclass, field
from typing import Literal

FaultKind = Literal[
    "unavailable",  # 503 (or its like in Flight), and nothing happens
    "error_after",  # 500 (or its like in Flight) after all has happened
    "hang",  # no answer until `release()`, the end of the test or `HANG_SECONDS`; then the connection closes
    "unauthorized",  # 401 with the body of a wrong API key
    "wrong_version",  # the server says it is another version
    "broker_down",  # nobody listens where Kafka is said to be
    "job_failed",  # the materialization job ends as FAILED and moves no row
    "job_running",  # an earlier materialization job is said to be running still
    "stream_cut",  # the connection of a Flight answer breaks after half of its rows
]

HANG_SECONDS = 60.0
"""Longest that a hanging request holds its connection, should nobody release it."""


@dataclass(frozen=True)
class Fault:
    """One fault: its kind and the requests it meets.

    `path` is a regular expression searched for in the request's path; Flight's calls have the method `FLIGHT` and the path
    `/do_get`, `/get_flight_info` or `/do_action/{type}`. An empty `method` or `path` meets all. The first `after` requests are
    let through, then `times` requests are met, or all of them where it is None.
    """

    kind: FaultKind
    method: str = ""
    path: str = ""
    times: int | None = 1
    after: int = 0

    def meets(self, method: str, path: str) -> bool:
        """Whether a request is of those the fault is about."""
        return self.method in ("", method) and re.search(self.path, path) is not None


@dataclass
class _Planned:
    fault: Fault
    seen: int = 0
    met: int = 0

    def takes(self) -> bool:
        """Count a request of the fault's; true where it is to go wrong."""
        self.seen += 1
        if self.seen <= self.fault.after or (self.fault.times is not None and self.met >= self.fault.times):
            return False
        self.met += 1
        return True


@dataclass
class Faults:
    """The plan of one test; all threads of the stand-in ask it."""

    _planned: list[_Planned] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _released: threading.Event = field(default_factory=threading.Event)

    def add(self, *faults: Fault) -> None:
        """Plan faults; where several meet a request the first of them happens."""
        with self._lock:
            self._planned += [_Planned(fault) for fault in faults]

    def clear(self) -> None:
        """From here on all is well; what hangs is released."""
        with self._lock:
            self._planned.clear()
        self.release()

    def release(self) -> None:
        """Let go of the requests that hang; those that come later hang anew."""
        self._released.set()
        self._released = threading.Event()

    def take(self, kinds: tuple[FaultKind, ...], method: str, path: str) -> FaultKind | None:
        """The kind of fault that meets a request, of the kinds that the asker can do."""
        with self._lock:
            for planned in self._planned:
                if planned.fault.kind in kinds and planned.fault.meets(method, path) and planned.takes():
                    return planned.fault.kind
        return None

    def hang(self) -> None:
        """Wait until released."""
        self._released.wait(HANG_SECONDS)

    @property
    def unmet(self) -> list[Fault]:
        """Faults that have met no request: a test that plans one and passes has proven nothing."""
        with self._lock:
            return [planned.fault for planned in self._planned if not planned.met]
