"""The configuration of the Dagster instance: one template, for a laptop and for a server.

A password is never written: the server's file names the environment variables that Dagster reads when it starts.
"""

from string import Template
from textwrap import indent
from typing import Final

from energy_dagster.settings import Settings

LAPTOP_RUNS: Final = 2

_TEMPLATE: Final = Template("""\
$heading
telemetry:
  enabled: false

nux:
  enabled: false # no invitation to a newsletter in front of the graph
$launcher$storage
run_coordinator:
  module: dagster
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1 # a run that may start does so at once

concurrency:
  runs:
    max_concurrent_runs: $runs
$limits  pools:
    default_limit: 1 # one request at a time to a source, one publisher
    granularity: run # who waits for a slow source waits in the queue, and takes no place from the issue of the hour

run_monitoring:
  enabled: true
  start_timeout_seconds: 180
  max_runtime_seconds: 3600
$monitoring
retention:
  sensor:
    purge_after_days: { skipped: 1, failure: 30, success: 30 }
  schedule:
    purge_after_days: { skipped: 3, failure: 30, success: 30 }
""")

_LAPTOP_HEADING: Final = """\
# The Dagster instance of one machine: SQLite below DAGSTER_HOME, runs in processes of their own, a bounded queue.
# `energy` copies this file into the data folder; a server sets its own (`energy instance --server`)."""

_SERVER_HEADING: Final = """\
# The Dagster instance of a server, written by `energy instance --server`: history in PostgreSQL, so that the web server, the
# daemon, the code location and the database can each be restarted while the others stay. Passwords come from the environment."""

_LAUNCHER: Final = """
run_launcher: # a run is forked from a process that has loaded the graph, and begins at once
  module: energy_dagster.warm_runs
  class: WarmRunLauncher
"""

_LIMITS: Final = """\
    tag_concurrency_limits:
      - key: dagster/backfill # a backfill of years leaves room for the hour's issue
        limit: 1
"""

_MONITORING: Final = """\
  cancel_timeout_seconds: 180
  poll_interval_seconds: 30

run_retries:
  enabled: true
  max_retries: 2 # of a run whose process was lost; a run's tag dagster/max_retries says otherwise
  retry_on_asset_or_op_failure: false # an asset that failed is tried again by its own policy, or at its next hour
"""


class NoDatabase(ValueError):
    """The instance of a server was asked for, and no database is set."""


def laptop_file() -> str:
    """The configuration of one machine: what `dagster.yaml` of the project is."""
    return _TEMPLATE.substitute(heading=_LAPTOP_HEADING, launcher=_LAUNCHER, storage="", runs=LAPTOP_RUNS, limits="", monitoring="")


def server_file(settings: Settings) -> str:
    """The configuration of a server.

    Raises:
        NoDatabase: neither ENERGY_POSTGRES_URL nor ENERGY_POSTGRES_HOST with a user is set.
    """
    storage = "\n" + _storage(settings) + ("\n" + _compute_logs(settings) if settings.compute_logs_bucket else "")
    return _TEMPLATE.substitute(
        heading=_SERVER_HEADING,
        launcher="",
        storage=storage,
        runs=settings.concurrent_runs,
        limits=_LIMITS,
        monitoring=_MONITORING,
    )


def _storage(settings: Settings) -> str:
    if settings.postgres_url:
        said = "postgres_url:\n  env: ENERGY_POSTGRES_URL\n"
    elif settings.postgres_host and settings.postgres_user:
        password = "  password:\n    env: ENERGY_POSTGRES_PASSWORD\n" if settings.postgres_password else ""
        said = (
            f"postgres_db:\n  hostname: {_quoted(settings.postgres_host)}\n  port: {settings.postgres_port}\n"
            f"  username: {_quoted(settings.postgres_user)}\n{password}  db_name: {_quoted(settings.postgres_database)}\n"
            f"  params:\n    connect_timeout: 10\n    sslmode: {settings.postgres_sslmode}\n"
        )
    else:
        raise NoDatabase("expected ENERGY_POSTGRES_URL, or ENERGY_POSTGRES_HOST and ENERGY_POSTGRES_USER, found neither")
    return "storage:\n  postgres:\n" + indent(said, "    ")


def _compute_logs(settings: Settings) -> str:
    given = {
        "bucket": settings.compute_logs_bucket,
        "prefix": settings.compute_logs_prefix,
        "region": settings.compute_logs_region,
        "endpoint_url": settings.compute_logs_endpoint,
    }
    config = "".join(f"    {name}: {_quoted(value)}\n" for name, value in given.items() if value)
    head = (
        "compute_logs: # what steps print, kept in S3\n  module: dagster_aws.s3.compute_log_manager\n  class: S3ComputeLogManager\n"
    )
    return f"{head}  config:\n{config}    skip_empty_files: true\n    upload_interval: 30\n"


def _quoted(text: str) -> str:
    """Text as YAML reads it back, whatever it holds."""
    return "'" + text.replace("'", "''") + "'"
