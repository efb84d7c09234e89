"""The present, as a resource, so that nothing below it reads the machine's clock."""

from datetime import UTC, datetime

from dagster import ConfigurableResource
from pydantic import Field


class Clock(ConfigurableResource):  # type: ignore[type-arg]
    """Tells the present: the machine's, or a pretended one for recorded data and tests."""

    pretended: str | None = Field(default=None, description="ISO time to pretend as the present; none for the machine's clock")

    def now(self) -> datetime:
        """The present, aware UTC.

        Raises:
            ValueError: the pretended time is no ISO time, or has no zone.
        """
        if self.pretended is None:
            return self.machine_now()
        moment = datetime.fromisoformat(self.pretended)
        if moment.tzinfo is None:  # it would be read as the machine's local time
            raise ValueError(f"expected a pretended time with a zone, found {self.pretended!r}")
        return moment.astimezone(UTC)

    def machine_now(self) -> datetime:
        """The machine's clock, aware UTC: when something was really written."""
        return datetime.now(UTC)
