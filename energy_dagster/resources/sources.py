"""Where HTTP requests go: the live services, or the portal replica in this process. The code that asks cannot tell which."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import httpx
from dagster import ConfigurableResource
from pydantic import Field

from energy_dagster.resources.answers import Answer, Bounds, NoAnswer, ask
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.patience import NotSoon, Passing, Turns, trying
from energy_dagster.sandbox.archive import Archive
from energy_dagster.storage.pacing import Pace, host_folder
from energy_dagster.storage.quarantine import Kept, Quarantine, UnknownKept

T = TypeVar("T")

TRIES = 4
MEGABYTE = 1_000_000
SHOWN = 200
"""Characters of a refusal in its error."""


class SourceError(RuntimeError):
    """A source did not answer as it should; the message says which, what was expected and what came.

    `status` is that of an answer which was refused, `kept_id` the answer's id in the quarantine.
    """

    def __init__(self, dataset: str, expected: str, found: str, *, status: int | None = None, kept_id: str | None = None) -> None:
        super().__init__(dataset, expected, found)
        self.dataset, self.expected, self.found, self.status, self.kept_id = dataset, expected, found, status, kept_id
        self.remarks: tuple[str, ...] = ()

    def __str__(self) -> str:
        kept = () if self.kept_id is None else (f"kept as {self.kept_id} for `energy quarantine`",)
        return "; ".join((f"{self.dataset}: expected {self.expected}, found {self.found}", *self.remarks, *kept))


class _Passing(Passing):
    """A fault of a source that can pass, and what came in place of an answer, if that is worth keeping."""

    def __init__(self, error: SourceError, *, told_seconds: float = 0.0, answer: Answer | None = None) -> None:
        super().__init__(error.found, told_seconds=told_seconds)
        self.error, self.answer = error, answer


@dataclass(frozen=True)
class Request:
    """One question to a source.

    Attributes:
        dataset: for messages, the pace and the quarantine.
        url: whole address without query.
        params: query.
        seconds_between: the source takes one request per dataset in this time.
        tries: how often to ask while the fault can pass.
        secret: names of the params that are shown and kept nowhere.
    """

    dataset: str
    url: str
    params: Mapping[str, str]
    seconds_between: float = 0.0
    tries: int = TRIES
    secret: tuple[str, ...] = ()

    def without_secrets(self, text: str) -> str:
        """A text of the source's, which may repeat the question."""
        for value in (self.params.get(name) for name in self.secret):
            text = text.replace(value, "***") if value else text
        return text


class Sources(ConfigurableResource):  # type: ignore[type-arg]
    """Sends requests to the live services, the sandbox or recorded data; tries again, keeps the pace, keeps what it cannot read."""

    source: str = Field(description="sandbox, recorded:<folder> or live")
    seed: int = Field(default=7, description="Seed of the simulated data")
    clock: Clock
    contact: str | None = Field(default=None, pattern=r"^[ -~]*$", description="Mail or address that a source can turn to")
    timeout_seconds: float = Field(default=60.0, gt=0, description="Longest silence of a source")
    total_seconds: float = Field(default=300.0, gt=0, description="Longest time for one whole answer")
    largest_answer_mb: float = Field(default=128.0, gt=0, description="Largest answer, unpacked")
    longest_wait_seconds: float = Field(default=300.0, ge=0, description="A longer wait is an error instead")
    quarantine: str | None = Field(default=None, description="Folder or URL for answers that were not understood; none keeps none")
    pace_folder: str | None = Field(default=None, description="What the host's processes share; none for one of the user's")

    def read(self, request: Request, understand: Callable[[Any], T]) -> T:
        """GET a JSON document and understand it, trying again where the fault can pass.

        What is JSON is accepted whatever content type it claims: sources mislabel it, and `understand` is the judge. What is not
        understood is kept in the quarantine, and the error bears its id. Each try waits for its turn.

        Args:
            request: the question.
            understand: makes of the document what the caller wants, or raises a SourceError.

        Raises:
            SourceError: the source is down, refuses, asks for too long a wait, answers too much or no JSON, or is not understood.
            StorageError: the folder that keeps the pace cannot be written.
        """
        try:
            answer, document = trying(partial(self._try_once, request), dataset=request.dataset, tries=request.tries)
        except _Passing as fault:
            if request.tries > 1:
                fault.error.remarks += (f"tried {request.tries} times",)
            if fault.answer is not None:
                self._keep(request, fault.answer, fault.error)
            raise fault.error from fault.__cause__
        try:
            return understand(document)
        except SourceError as error:
            self._keep(request, answer, error)
            raise

    def free(self, request: Request) -> bool:
        """Take the turn of this moment if it is free, and wait for nothing; who got it reads with `seconds_between=0`."""
        return self.source != "live" or self._turns(request).take(now=self.clock.machine_now().timestamp())

    def kept(self, kept_id: str) -> Kept:
        """An entry of the quarantine.

        Raises:
            UnknownKept: nothing is kept under that id.
        """
        if self.quarantine is None:
            raise UnknownKept(kept_id, ())
        return Quarantine(self.quarantine).get(kept_id)

    def read_kept(self, kept_id: str, understand: Callable[[Any], T]) -> T:
        """Understand a quarantined answer by the rules of today. It stays: drop it once what was understood is kept.

        Raises:
            UnknownKept: nothing is kept under that id.
            SourceError: only a part of it was kept, it is no JSON, or still not understood.
            StorageError: the quarantine cannot be read.
        """
        kept = self.kept(kept_id)
        if kept.cut:
            raise SourceError(kept.dataset, "a whole answer", "a part of it", kept_id=kept_id)
        body = Quarantine(self.quarantine or "").payload(kept_id)
        answer = Answer(httpx.codes.OK, httpx.Headers({"content-type": kept.content_type}), body, len(body))
        try:
            return understand(_document(kept.dataset, answer))
        except SourceError as error:
            error.kept_id = kept_id
            raise

    def _try_once(self, request: Request) -> tuple[Answer, Any]:
        answer = self._ask(request)
        if answer.status != httpx.codes.OK:
            self._refused(request, answer)
        if answer.cut:
            expected = f"an answer of at most {self.largest_answer_mb:g} MB"
            error = SourceError(request.dataset, expected, f"a larger one, refused after {answer.size_bytes} bytes")
            self._keep(request, answer, error)
            raise error
        try:
            return answer, _document(request.dataset, answer)
        except SourceError as error:  # a page for maintenance, or half an answer
            raise _Passing(error, answer=answer) from error.__cause__

    def _ask(self, request: Request) -> Answer:
        bounds = Bounds(self.timeout_seconds, self.total_seconds, int(self.largest_answer_mb * MEGABYTE))
        inside = None if self.source == "live" else httpx.ASGITransport(app=_replica(self.source, self.seed, self.clock.now))
        try:
            if self.source == "live":
                self._turns(request).wait(now=self.clock.machine_now().timestamp())
            return ask(request.url, request.params, contact=self.contact, bounds=bounds, transport=inside)
        except NotSoon as fault:
            raise SourceError(request.dataset, f"its turn within {self.longest_wait_seconds:g} s", str(fault)) from fault
        except NoAnswer as fault:
            error = SourceError(request.dataset, "an answer", f"no answer from {request.url} ({fault})")
            raise (_Passing(error) if fault.can_pass else error) from fault

    def _refused(self, request: Request, answer: Answer) -> NoReturn:
        text = request.without_secrets(answer.body.decode(errors="replace"))
        found, limited = (
            f"status {answer.status} from {request.url}: {text[:SHOWN]}",
            answer.status == httpx.codes.TOO_MANY_REQUESTS,
        )
        error = SourceError(request.dataset, "status 200", found, status=answer.status)
        if not answer.refusal_can_pass:
            raise error
        now = self.clock.machine_now()
        told = answer.retry_after_seconds(now=now) or (request.seconds_between if limited else 0.0)
        if limited and told and self.source == "live":
            self._turns(request).hold(told, now=now.timestamp())
        if told > self.longest_wait_seconds:
            expected = f"to have to wait at most {self.longest_wait_seconds:g} s"
            raise SourceError(request.dataset, expected, f"{told:.0f} s, with {found}", status=answer.status)
        raise _Passing(error, told_seconds=told)

    def _turns(self, request: Request) -> Turns:
        pace = Pace(host_folder() if self.pace_folder is None else Path(self.pace_folder))
        host = request.url.partition("//")[2].partition("/")[0]
        return Turns(pace, request.dataset, host, request.seconds_between, self.longest_wait_seconds)

    def _keep(self, request: Request, answer: Answer, error: SourceError) -> None:
        if self.quarantine is None:
            return
        try:
            kept = Quarantine(self.quarantine).keep(
                request.dataset,
                url=request.url,
                params={name: value for name, value in request.params.items() if name not in request.secret},
                payload=answer.body,
                reason=str(error),
                at=self.clock.now(),
                content_type=answer.content_type,
                size_bytes=answer.size_bytes,
                cut=answer.cut or answer.fault is not None,
            )
            error.kept_id = kept.kept_id
        except Exception as fault:  # noqa: BLE001 - whatever fails here, the source's fault is the one to hear of
            error.remarks += (f"not kept: {fault}",)


@lru_cache(maxsize=4)
def archive_of(source: str, seed: int) -> Archive:
    """The data behind the replica; kept, because making or reading it takes time.

    Raises:
        NoRecordedData: the folder of a recorded source holds no dataset.
    """
    from energy_dagster.sandbox.app import open_archive  # noqa: PLC0415 - the live source does not need it

    return open_archive(source, seed=seed)


def _replica(source: str, seed: int, now: Callable[[], datetime]) -> Any:
    from energy_dagster.sandbox.app import create_replica  # noqa: PLC0415 - the live source does not need it
    from energy_dagster.sandbox.faults import with_faults  # noqa: PLC0415
    from energy_dagster.sandbox.faults_in_force import plan_in_force  # noqa: PLC0415

    replica, plan = create_replica(archive_of(source, seed), clock=now), plan_in_force()
    return replica if plan is None else with_faults(replica, plan, clock=now)


def _document(dataset: str, answer: Answer) -> Any:
    try:
        return answer.document()
    except ValueError as error:
        raise SourceError(dataset, "a JSON document", str(error)) from error
