"""Every request that came, as tests ask about it."""

import re
import threading
from dataclasses import dataclass, field

FLIGHT = "FLIGHT"
"""Method of the query service's calls; REST has HTTP's."""


@dataclass(frozen=True)
class Recorded:
    """One request: its path without the API's prefix, the status it got (None: no answer), and the size of its body."""

    method: str
    path: str
    query: str
    status: int | None
    body_bytes: int
    body: bytes = field(repr=False)


@dataclass
class Recording:
    """The requests of one test in order of their answers."""

    requests: list[Recorded] = field(default_factory=list)
    unknown: list[Recorded] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, method: str, path: str, *, status: int | None, query: str = "", body: bytes = b"", unknown: bool = False) -> None:
        """Record one."""
        recorded = Recorded(method=method, path=path, query=query, status=status, body_bytes=len(body), body=body)
        with self._lock:
            self.requests.append(recorded)
            if unknown:
                self.unknown.append(recorded)

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self.requests.clear()
            self.unknown.clear()

    def matching(self, method: str, path: str) -> list[Recorded]:
        """Those of a method whose path has the pattern somewhere."""
        with self._lock:
            return [request for request in self.requests if request.method == method and re.search(path, request.path)]
