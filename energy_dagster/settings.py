"""Everything that can be set, read once by whoever starts a process: the code location, the command line, the API, the app."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

RECORDED_PREFIX = "recorded:"


class Settings(BaseSettings):
    """Settings from the environment (prefix `ENERGY_`) or a `.env` file; every one has a default that needs no account."""

    model_config = SettingsConfigDict(env_prefix="ENERGY_", env_file=".env", extra="ignore", frozen=True)

    source: Annotated[str, Field(description="Where the data comes from: sandbox, recorded:<folder> or live")] = "sandbox"
    data: Annotated[str, Field(description="Folder of the warehouse, the Dagster instance and, by default, the lake")] = "data"
    lake_url: Annotated[str | None, Field(description="Root of the lake when it is elsewhere, e.g. s3://bucket/lake")] = None
    now: Annotated[AwareDatetime | None, Field(description="Pretend this is the present; for recorded data and tests")] = None
    seed: Annotated[int, Field(ge=0, description="Seed of the simulated data and of training")] = 7
    api_port: Annotated[int, Field(ge=1, le=65535)] = 8000
    ui_port: Annotated[int, Field(ge=1, le=65535)] = 8001
    dagster_port: Annotated[int, Field(ge=1, le=65535)] = 3000
    portal_url: Annotated[str, Field(description="Energi Data Service")] = "https://api.energidataservice.dk"
    weather_url: Annotated[str, Field(description="Open-Meteo forecast")] = "https://api.open-meteo.com"
    weather_archive_url: Annotated[str, Field(description="Open-Meteo archive")] = "https://archive-api.open-meteo.com"
    weather_previous_runs_url: Annotated[str, Field(description="Open-Meteo previous runs")] = (
        "https://previous-runs-api.open-meteo.com"
    )
    weather_key: Annotated[str | None, Field(description="Open-Meteo key, for commercial use")] = None

    @field_validator("source")
    @classmethod
    def source_is_known(cls, value: str) -> str:
        """Refuse a source that is none of the three kinds."""
        if value in ("sandbox", "live") or (value.startswith(RECORDED_PREFIX) and value != RECORDED_PREFIX):
            return value
        raise ValueError(f"expected sandbox, live or recorded:<folder>, found {value!r}")

    @property
    def recorded_folder(self) -> Path | None:
        """Folder of the recorded data, when the source is recorded."""
        return Path(self.source.removeprefix(RECORDED_PREFIX)) if self.source.startswith(RECORDED_PREFIX) else None

    @property
    def simulated(self) -> bool:
        """Whether the numbers are simulated and must be labelled so."""
        return self.source == "sandbox"

    @property
    def moves_with_time(self) -> bool:
        """Whether new hours come by themselves: not with recorded data, nor with a pretended present."""
        return self.now is None and self.recorded_folder is None

    @property
    def lake(self) -> str:
        """Root of the lake: a folder or an fsspec URL."""
        return self.lake_url or f"{self.data.rstrip('/')}/lake"

    @property
    def warehouse(self) -> str:
        """Folder of the published snapshots."""
        return f"{self.data.rstrip('/')}/warehouse"

    def present(self) -> datetime:
        """The present, aware UTC: the movable clock when set, else the machine's."""
        return self.now.astimezone(UTC) if self.now is not None else datetime.now(UTC)
