"""The client: each route is an attribute that is called for rows, or whose `frame` is called for a DataFrame.

from energy_client.client import EnergyClient

with EnergyClient("http://127.0.0.1:8000") as client:
    answer = client.forecasts("DK1", quantiles=(0.1, 0.5, 0.9))
    frame = client.actuals.frame("DK1")
"""

import time
from collections.abc import Callable, Generator
from functools import update_wrapper
from types import TracebackType
from typing import TYPE_CHECKING, Final, Generic, ParamSpec, Self, TypeVar

import httpx
import msgspec

from energy_client import questions
from energy_client.connection import Connection
from energy_client.events import listen
from energy_client.frames import frame_of, require_extra
from energy_client.kept_replies import Reply
from energy_client.pages import pages
from energy_client.problems import UnexpectedAnswer
from energy_client.questions import Question
from energy_client.rows import Answer, Health, Row, Snapshot

if TYPE_CHECKING:
    import pandas as pd

JSON: Final = "application/json"
ARROW: Final = "application/vnd.apache.arrow.stream"

_Asked = ParamSpec("_Asked")
_Kind = TypeVar("_Kind")


class Route(Generic[_Asked, Row]):
    """One route of the API, with the arguments of its function in `energy_client.questions`."""

    def __init__(self, connection: Connection, question: Callable[_Asked, Question[Row]]) -> None:
        self._connection, self._question = connection, question
        update_wrapper(self, question)

    def __call__(self, *args: _Asked.args, **kwargs: _Asked.kwargs) -> Answer[Row]:
        """The rows, of all pages unless `all_pages=False`, and the one snapshot they were read from.

        Raises:
            ValueError: a time is naive.
            Problem: the API refused.
            SnapshotMoved: snapshots were published faster than the pages could be read.
            Unreachable, UnexpectedAnswer: there is no answer, or none that can be understood.
        """
        question = self._question(*args, **kwargs)
        kind = Answer[question.row]  # type: ignore[name-defined]  # a kind known only now
        answers: list[Answer[Row]] = [_decoded(reply, kind) for reply in pages(self._connection, question, media_type=JSON)]
        if len(answers) == 1:
            return answers[0]
        rows = tuple(row for answer in answers for row in answer.rows)
        return msgspec.structs.replace(answers[0], rows=rows, next=answers[-1].next)

    def frame(self, *args: _Asked.args, **kwargs: _Asked.kwargs) -> "pd.DataFrame":
        """The same rows as a DataFrame with `snapshot_id` and `simulated` in each; times are aware UTC. Raises as a call does.

        Raises:
            MissingExtra: pandas or pyarrow is not installed.
        """
        require_extra()
        return frame_of(pages(self._connection, self._question(*args, **kwargs), media_type=ARROW))


class EnergyClient:
    """Reads one API. For one thread at a time; close it, or use it as a context.

    `key` is one of `energy keys create`. `timeout` are the seconds without a byte after which a request has failed, `retries` how
    often it is sent again: after the wait that the server asks for, or when no answer came. `transport` and `pause` say how bytes
    are exchanged and how time is waited.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: str | None = None,
        timeout: float = 30.0,
        retries: int = 3,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        asked = Connection(base_url, key=key, timeout=timeout, retries=retries, transport=transport, pause=pause)
        self._connection = asked
        self.series = Route(asked, questions.series)
        self.one_series = Route(asked, questions.one_series)
        self.forecasts = Route(asked, questions.forecasts)
        self.day_ahead = Route(asked, questions.day_ahead)
        self.issues = Route(asked, questions.issues)
        self.provenance = Route(asked, questions.provenance)
        self.actuals = Route(asked, questions.actuals)
        self.revisions = Route(asked, questions.revisions)
        self.errors = Route(asked, questions.errors)
        self.scorecard = Route(asked, questions.scorecard)
        self.models = Route(asked, questions.models)
        self.model = Route(asked, questions.model)
        self.snapshot = Route(asked, questions.snapshot)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the sockets."""
        self._connection.close()

    def events(
        self, *, known: str | None = None, seconds: float | None = None, attempts: int = 10
    ) -> Generator[Snapshot, None, None]:
        """The snapshot that is published now, unless it is `known`, then each new one; for `seconds`, or without an end.

        It connects again by itself when the stream ends or breaks, until `attempts` connections in a row have failed. Who leaves
        early lets go of the stream with the iterator's `close`.

        Raises:
            Problem, Unreachable, UnexpectedAnswer: as a call of a route does.
        """
        return listen(self._connection, known=known, seconds=seconds, attempts=attempts)

    def live(self) -> Health:
        """That the server's process lives, whatever is published."""
        return _decoded(self._connection.fetch("/health/live", media_type=JSON), Health)

    def ready(self) -> Health:
        """That the server can answer, and from which snapshot.

        Raises:
            NotPublished: it cannot; `parts` says which part, and why.
        """
        return _decoded(self._connection.fetch("/health/ready", media_type=JSON), Health)

    def metrics(self) -> str:
        """What the server counts, in the text format of Prometheus; where keys are required it takes an admin's."""
        return self._connection.fetch("/metrics", media_type="text/plain").body.decode()


def _decoded(reply: Reply, kind: type[_Kind]) -> _Kind:
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except msgspec.DecodeError as error:
        raise UnexpectedAnswer(f"expected {kind}, found: {error}") from error
