"""What a request and a reply are, and how a request finds who answers it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from energy_dagster_tests.contract.hopsworks_standin.cluster import Cluster, Json


@dataclass(frozen=True)
class Request:
    """One request as the routes see it: the path without the API's prefix, the query's values as lists."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: bytes
    content_type: str = ""

    @property
    def document(self) -> Json:
        """The body, where it is a JSON object."""
        document: Json = json.loads(self.body)
        return document

    def first(self, name: str) -> str | None:
        """The first value of a query's parameter."""
        values = self.query.get(name)
        return values[0] if values else None

    def number(self, name: str, default: int) -> int:
        """The same as a whole number."""
        value = self.first(name)
        return default if value is None else int(value)


@dataclass(frozen=True)
class Reply:
    """A status and a body: bytes as they are, None as nothing, anything else as JSON."""

    body: Any = None
    status: int = 200


def error(status: int, code: int, message: str) -> Reply:
    """An error in the server's own shape."""
    return Reply({"errorCode": code, "errorMsg": message}, status)


Answer = Callable[[Cluster, Request, re.Match[str]], Reply]


@dataclass
class Routes:
    """Routes in order of their declaration; the first that matches the whole path answers."""

    _routes: list[tuple[str, re.Pattern[str], Answer]] = field(default_factory=list)

    def on(self, method: str, pattern: str) -> Callable[[Answer], Answer]:
        """Declare who answers a method and a path."""

        def declare(answer: Answer) -> Answer:
            self._routes.append((method, re.compile(pattern), answer))
            return answer

        return declare

    def reply(self, cluster: Cluster, request: Request) -> Reply | None:
        """The reply to a request, or None where no route is for it."""
        for method, pattern, answer in self._routes:
            if method == request.method and (match := pattern.fullmatch(request.path)):
                return answer(cluster, request, match)
        return None
