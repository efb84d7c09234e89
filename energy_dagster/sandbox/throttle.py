"""The portal's limit: one request per dataset in a while."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta


class RateLimited(Exception):
    """A dataset was asked again too early.

    Attributes:
        retry_after_seconds: whole seconds to wait.
    """

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"Rate limit is exceeded. Try again in {retry_after_seconds} seconds.")
        self.retry_after_seconds = retry_after_seconds


class Throttle:
    """Lets one request per dataset through in each period of the clock; everything when there is no period."""

    def __init__(self, one_request_per: timedelta | None, *, clock: Callable[[], datetime]) -> None:
        self._period = one_request_per
        self._clock = clock
        self._last: dict[str, datetime] = {}

    def admit(self, dataset: str) -> None:
        """Let a request through, or refuse it; a clock set back forgets.

        Raises:
            RateLimited: the last admitted request was less than a period ago.
        """
        if self._period is None:
            return
        now = self._clock()
        waited = now - self._last[dataset] if dataset in self._last else self._period
        if timedelta(0) <= waited < self._period:
            raise RateLimited(math.ceil((self._period - waited).total_seconds()))
        self._last[dataset] = now
