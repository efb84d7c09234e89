"""The pace of a simulation that somebody wants to watch."""

import time

MINUTE = 60.0


class Pacing:
    """Lets no more hours pass in a minute than asked for."""

    def __init__(self, hours_per_minute: float) -> None:
        self._seconds = MINUTE / hours_per_minute if hours_per_minute > 0 else 0.0
        self._due = time.monotonic() + self._seconds

    def wait(self) -> None:
        """Wait for the end of the hour's share."""
        time.sleep(max(0.0, self._due - time.monotonic()))
        self._due = time.monotonic() + self._seconds
