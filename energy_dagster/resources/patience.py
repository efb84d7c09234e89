"""Waiting: for a source whose fault can pass, and never silently for long."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from dagster import get_dagster_logger
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from energy_dagster.storage.files import StorageError
from energy_dagster.storage.pacing import Pace

T = TypeVar("T")

BACKOFF = wait_random_exponential(multiplier=2, max=60)
"""Anything up to 2, 4 and 8 seconds: those whom one fault stopped do not all come back at once."""

QUIET_SECONDS = 5.0
"""A longer wait is logged."""


class NotSoon(Exception):
    """The next turn lies too far ahead to wait for; the message says how far."""


class Passing(Exception):
    """A fault that can pass: asking again may help.

    Attributes:
        why: what happened, for the log.
        told_seconds: how long the source wants to be left alone; 0 where it does not say.
    """

    def __init__(self, why: str, *, told_seconds: float = 0.0) -> None:
        super().__init__(why)
        self.why, self.told_seconds = why, told_seconds


@dataclass(frozen=True)
class Turns:
    """Turns at a source, which the threads and processes of a host take one after the other.

    Attributes:
        pace: what they share.
        dataset: for messages, and with the host what the turns are of.
        host: of the source.
        seconds_between: two turns; 0 where the source sets no pace.
        longest_seconds: to wait for a turn.
    """

    pace: Pace
    dataset: str
    host: str
    seconds_between: float
    longest_seconds: float

    def take(self, *, now: float) -> bool:
        """Take the turn of this moment if it is free.

        Raises:
            StorageError: the folder that keeps the pace cannot be written.
        """
        return not self.seconds_between or self.pace.try_reserve(self._key, self.seconds_between, now=now)

    def wait(self, *, now: float) -> None:
        """Take the next turn and wait for it.

        Raises:
            NotSoon: it lies too far ahead; none was taken.
            StorageError: the folder that keeps the pace cannot be written.
        """
        if not self.seconds_between:
            return
        seconds = self.pace.reserve(self._key, self.seconds_between, now=now, longest=self.longest_seconds)
        if seconds > self.longest_seconds:
            raise NotSoon(f"{seconds:.0f} s to wait: others ask too, or the source wants to be left alone")
        if seconds > 0:
            wait(self.dataset, f"the pace of one request in {self.seconds_between:g} s", seconds)

    def hold(self, seconds: float, *, now: float) -> None:
        """Let nobody have a turn for a while, as the source told; where that cannot be passed on, the log says so."""
        try:
            self.pace.hold(self._key, seconds, now=now)
        except StorageError as error:
            get_dagster_logger(__name__).warning(f"{self.dataset}: others are not told to wait: {error}")

    @property
    def _key(self) -> str:
        return f"{self.host} {self.dataset}"


def pause(seconds: float) -> None:
    """Sleep: the one place that does, so that tests need not."""
    time.sleep(seconds)


def wait(dataset: str, why: str, seconds: float) -> None:
    """Wait, and say so when it is long."""
    if seconds > QUIET_SECONDS:
        get_dagster_logger(__name__).warning(f"{dataset}: waiting {seconds:.0f} s, because of {why}")
    pause(seconds)


def trying(attempt: Callable[[], T], *, dataset: str, tries: int) -> T:
    """What an attempt gives, made again as often as it fails with a fault that can pass.

    Between two attempts lies the time that the source told; where it told none, a random one out of a span that doubles.

    Raises:
        Passing: the last attempt failed too.
    """
    why = ""

    def note(state: RetryCallState) -> None:
        nonlocal why
        why = str(_fault(state))

    retrying = Retrying(
        stop=stop_after_attempt(tries),
        retry=retry_if_exception_type(Passing),
        wait=_seconds_to_wait,
        before_sleep=note,
        sleep=lambda seconds: wait(dataset, why, seconds),
        reraise=True,
    )
    return retrying(attempt)


def _seconds_to_wait(state: RetryCallState) -> float:
    fault = _fault(state)
    told = fault.told_seconds if isinstance(fault, Passing) else 0.0
    return told or BACKOFF(state)


def _fault(state: RetryCallState) -> BaseException | None:
    return None if state.outcome is None else state.outcome.exception()
