"""The present, as a resource, so that nothing below it reads the machine's clock."""

from datetime import UTC, datetime
from pathlib import Path

from dagster import ConfigurableResource
from pydantic import Field


class Clock(ConfigurableResource):  # type: ignore[type-arg]
    """Tells the present: the machine's, or a pretended one for recorded data, tests and simulations."""

    pretended: str | None = Field(default=None, description="ISO time to pretend as the present; none for the machine's clock")
    hand: str | None = Field(
        default=None, description="File that tells the present, moved by a simulation; it is the machine's, too"
    )

    def now(self) -> datetime:
        """The present, aware UTC.

        Raises:
            ValueError: the pretended time is no ISO time, or has no zone.
            OSError: the file that tells it cannot be read.
        """
        return self.machine_now() if self.pretended is None else _moment(self.pretended)

    def machine_now(self) -> datetime:
        """The machine's clock, aware UTC: when something was really written. In a simulation the machine lives in its time."""
        return datetime.now(UTC) if self.hand is None else _moment(Path(self.hand).read_text(encoding="ascii"))


def _moment(told: str) -> datetime:
    moment = datetime.fromisoformat(told)
    if moment.tzinfo is None:  # it would be read as the machine's local time
        raise ValueError(f"expected a pretended time with a zone, found {told!r}")
    return moment.astimezone(UTC)
