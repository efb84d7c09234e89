"""Everything that can be set, read once by whoever starts a process: the code location, the command line, the API, the app."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, AwareDatetime, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

RECORDED_PREFIX = "recorded:"
FAMILIES = ("total", "consumer_groups", "grid_areas")
QUARANTINE = "quarantine"


class Settings(BaseSettings):
    """Settings from the environment (prefix `ENERGY_`) or a `.env` file; every one has a default that needs no account."""

    model_config = SettingsConfigDict(
        env_prefix="ENERGY_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,  # a complaint about one setting would show the keys of the others
    )

    source: Annotated[str, Field(description="Where the data comes from: sandbox, recorded:<folder> or live")] = "sandbox"
    data: Annotated[str, Field(description="Folder of the warehouse, the Dagster instance and, by default, the lake")] = "data"
    lake_url: Annotated[str | None, Field(description="Root of the lake when it is elsewhere, e.g. s3://bucket/lake")] = None
    families: Annotated[str, Field(description="What to read, comma separated: total, consumer_groups, grid_areas")] = "total"
    now: Annotated[AwareDatetime | None, Field(description="Pretend this is the present; for recorded data and tests")] = None
    now_file: Annotated[str | None, Field(description="File that tells the present, an ISO time; for simulations")] = None
    seed: Annotated[int, Field(ge=0, description="Seed of the simulated data and of training")] = 7
    history_days: Annotated[int, Field(ge=60, description="Days of history that are brought in where they are missing")] = 760
    api_port: Annotated[int, Field(ge=1, le=65535)] = 8000
    ui_port: Annotated[int, Field(ge=1, le=65535)] = 8001
    dagster_port: Annotated[int, Field(ge=1, le=65535)] = 3000
    api_require_key: Annotated[bool, Field(description="Whether /v1 needs a key of `energy keys`, and /metrics an admin's")] = False
    api_requests_per_minute: Annotated[
        int,
        Field(ge=0, description="Requests a minute that the API takes of one key, or of one address without a key; 0: no limit"),
    ] = 0
    api_allowed_origins: Annotated[str, Field(description="Origins whose pages may read the API, comma separated; * for all")] = ""
    api_trusted_proxies: Annotated[
        str,
        Field(description="Addresses or networks, comma separated, that are believed when they say who asked (X-Forwarded-For)"),
    ] = ""
    api_access_log: Annotated[bool, Field(description="Whether the API writes a JSON line per request")] = True
    api_kept_mb: Annotated[int, Field(ge=0, description="Room for answers that can be given again, in MB")] = 64
    api_stream_seconds: Annotated[
        float, Field(gt=0, description="Longest a stream of events stays open; browsers connect again by themselves")
    ] = 300
    portal_url: Annotated[str, Field(description="Energi Data Service")] = "https://api.energidataservice.dk"
    portal_seconds_between: Annotated[
        float, Field(ge=0, description="Energi Data Service takes one request per dataset in this time")
    ] = 60
    contact: Annotated[str | None, Field(description="Mail or address by which the services can reach who asks them")] = None
    weather_url: Annotated[str, Field(description="Open-Meteo forecast")] = "https://api.open-meteo.com"
    weather_archive_url: Annotated[str, Field(description="Open-Meteo archive")] = "https://archive-api.open-meteo.com"
    weather_previous_runs_url: Annotated[str, Field(description="Open-Meteo previous runs")] = (
        "https://previous-runs-api.open-meteo.com"
    )
    weather_key: Annotated[str | None, Field(description="Open-Meteo key, for commercial use")] = None
    entsoe_url: Annotated[str | None, Field(description="Who answers in ENTSO-E's place; its own address by default")] = None
    entsoe_token: Annotated[str | None, Field(description="ENTSO-E token; with it the TSO's own forecast is read")] = None

    alert_urls: Annotated[
        str | None,
        Field(min_length=1, repr=False, description="Whom to tell when something is wrong: addresses of Apprise, comma separated"),
    ] = None
    heartbeat_url: Annotated[
        str | None, Field(min_length=1, repr=False, description="Dead man's switch, asked for each fresh issue that is published")
    ] = None
    dagster_url: Annotated[str | None, Field(description="Address of the Dagster UI in messages; by default its port here")] = None
    app_url: Annotated[str | None, Field(description="Address of the app in messages; by default its port here")] = None

    postgres_url: Annotated[
        str | None,
        Field(repr=False, description="PostgreSQL of a server's Dagster instance: postgresql://user:password@host/dagster"),
    ] = None
    postgres_host: Annotated[str | None, Field(description="The same in parts: the host")] = None
    postgres_port: Annotated[int, Field(ge=1, le=65535)] = 5432
    postgres_database: Annotated[str, Field(min_length=1)] = "dagster"
    postgres_user: Annotated[str | None, Field(description="User of the database")] = None
    postgres_password: Annotated[str | None, Field(repr=False, description="Password of that user")] = None
    postgres_sslmode: Annotated[
        Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
        Field(description="How the connection is secured; of a URL, say it there"),
    ] = "prefer"
    compute_logs_bucket: Annotated[
        str | None, Field(description="S3 bucket of what a server's steps print; by default a local folder")
    ] = None
    compute_logs_prefix: Annotated[str, Field(min_length=1)] = "dagster"
    compute_logs_region: Annotated[str | None, Field(description="Region of the bucket; by default the session's")] = None
    compute_logs_endpoint: Annotated[str | None, Field(description="Who answers in S3's place; AWS by default")] = None
    concurrent_runs: Annotated[int, Field(ge=1, description="Runs a server makes at a time")] = 4
    run_logs_days: Annotated[
        int, Field(ge=1, description="Days that the log lines of a run are kept; what it made stays known for ever")
    ] = 90

    experiments: Annotated[
        Literal["auto", "offline", "online", "off"],
        Field(description="Record of trainings and tunings for Weights & Biases; auto: online with WANDB_API_KEY, else offline"),
    ] = "auto"
    experiments_seconds: Annotated[float, Field(gt=0, description="Longest that an asset waits for Weights & Biases")] = 60
    experiments_registry: Annotated[
        str, Field(description="Collection of W&B's registry that champions are linked to when online; empty: none")
    ] = "wandb-registry-model/forecast-model"
    wandb_api_key: Annotated[
        str | None, Field(validation_alias="WANDB_API_KEY", repr=False, description="Key of Weights & Biases")
    ] = None
    wandb_project: Annotated[str, Field(validation_alias="WANDB_PROJECT", description="Project of W&B")] = "energy-dagster"
    wandb_entity: Annotated[
        str | None, Field(validation_alias="WANDB_ENTITY", description="Entity of W&B; by default the key's")
    ] = None
    wandb_base_url: Annotated[str, Field(validation_alias="WANDB_BASE_URL", description="The service of W&B")] = (
        "https://api.wandb.ai"
    )

    hopsworks_host: Annotated[
        str | None, Field(validation_alias="HOPSWORKS_HOST", description="Hopsworks; with a project and a key tables are mirrored")
    ] = None
    hopsworks_port: Annotated[int, Field(validation_alias="HOPSWORKS_PORT", ge=1, le=65535, description="Port of Hopsworks")] = 443
    hopsworks_project: Annotated[str | None, Field(validation_alias="HOPSWORKS_PROJECT", description="Project of Hopsworks")] = None
    hopsworks_api_key: Annotated[
        str | None, Field(validation_alias="HOPSWORKS_API_KEY", repr=False, description="Key of Hopsworks")
    ] = None
    hopsworks_trust_store: Annotated[
        str | None,
        Field(validation_alias="HOPSWORKS_TRUST_STORE_PATH", description="File of the authorities that are trusted with Hopsworks"),
    ] = None
    hopsworks_mode: Annotated[
        Literal["delta", "stream"], Field(description="How rows reach Hopsworks: as Delta files, or by Kafka and a job")
    ] = "delta"
    hopsworks_seconds: Annotated[
        float, Field(gt=0, description="Longest that writing a partition to Hopsworks, or reading one, may take")
    ] = 900
    hopsworks_retry_seconds: Annotated[
        float, Field(ge=0, description="Wait before a mirror is tried again in the same run, twice at most")
    ] = 30
    training_source: Annotated[
        Literal["lake", "hopsworks"],
        Field(
            validation_alias=AliasChoices("ENERGY_TRAINING_SOURCE", "TRAINING_SOURCE"),
            description="Where the model's training data are read: the lake, or a training dataset of Hopsworks",
        ),
    ] = "lake"

    @field_validator("source")
    @classmethod
    def source_is_known(cls, value: str) -> str:
        """Refuse a source that is none of the three kinds."""
        if value in ("sandbox", "live") or (value.startswith(RECORDED_PREFIX) and value != RECORDED_PREFIX):
            return value
        raise ValueError(f"expected sandbox, live or recorded:<folder>, found {value!r}")

    @field_validator("families")
    @classmethod
    def families_are_known(cls, value: str) -> str:
        """Refuse a family that there is not; the total is always read."""
        asked = {name.strip() for name in value.split(",") if name.strip()}
        unknown = sorted(asked - set(FAMILIES))
        if unknown:
            raise ValueError(f"expected some of {', '.join(FAMILIES)}, found {', '.join(unknown)}")
        return ",".join(name for name in FAMILIES if name in asked | {"total"})

    @model_validator(mode="after")
    def hopsworks_is_whole(self) -> Self:
        """Refuse a part of what Hopsworks needs, and training from it without it."""
        given = {
            "HOPSWORKS_HOST": self.hopsworks_host,
            "HOPSWORKS_PROJECT": self.hopsworks_project,
            "HOPSWORKS_API_KEY": self.hopsworks_api_key,
        }
        missing = [name for name, value in given.items() if not value]
        if self.training_source == "hopsworks" and missing:
            raise ValueError(f"expected {', '.join(given)} for ENERGY_TRAINING_SOURCE=hopsworks, found no {', '.join(missing)}")
        if missing and len(missing) < len(given):
            raise ValueError(f"expected {', '.join(given)} together or none of them, found no {', '.join(missing)}")
        return self

    @property
    def mirrors_to_hopsworks(self) -> bool:
        """Whether tables and models are mirrored to Hopsworks."""
        return bool(self.hopsworks_host)

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
    def quarantine(self) -> str:
        """Where payloads that could not be understood are kept: beside the lake."""
        root = self.lake.rstrip("/")
        above, _, name = root.rpartition("/")
        return f"{above}/{QUARANTINE}" if name and above and not above.endswith(":/") else f"{root}-{QUARANTINE}"

    @property
    def warehouse(self) -> str:
        """Folder of the published snapshots."""
        return f"{self.data.rstrip('/')}/warehouse"

    @property
    def api_keys(self) -> str:
        """File of the API's keys."""
        return f"{self.data.rstrip('/')}/api-keys.json"

    @property
    def dagster_address(self) -> str:
        """Where people open the Dagster UI."""
        return self.dagster_url or f"http://127.0.0.1:{self.dagster_port}"

    @property
    def app_address(self) -> str:
        """Where people open the app."""
        return self.app_url or f"http://127.0.0.1:{self.ui_port}"

    def present(self) -> datetime:
        """The present, aware UTC: the movable clock when set, else the machine's."""
        if self.now_file is not None and self.now is None:
            return datetime.fromisoformat(Path(self.now_file).read_text(encoding="ascii")).astimezone(UTC)
        return self.now.astimezone(UTC) if self.now is not None else datetime.now(UTC)
