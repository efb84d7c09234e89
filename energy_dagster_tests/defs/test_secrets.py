"""Secrets never reach what Dagster stores or shows."""

from dagster import asset, materialize
from dagster._core.remote_representation.external_data import RepositorySnap  # what Dagster stores; nothing public does it
from dagster._serdes import serialize_value

from energy_dagster.definitions import build_definitions
from energy_dagster.resources.tso import TsoForecasts
from energy_dagster.resources.weather import Weather
from energy_dagster.settings import Settings

SETTINGS = Settings(
    entsoe_token="a-token-to-hide",
    weather_key="a-key-to-hide",
    wandb_api_key="one-more-to-hide",
    alert_urls="json://user:a-password-to-hide@localhost",
    heartbeat_url="https://localhost/a-ping-to-hide",
)


def test_a_secret_is_not_in_the_snapshot_of_the_repository() -> None:
    repository = build_definitions(SETTINGS).get_repository_def()
    snapshot = serialize_value(RepositorySnap.from_def(repository))
    assert "ENERGY_ENTSOE_TOKEN" in snapshot
    assert "WANDB_API_KEY" in snapshot
    assert "ENERGY_ALERT_URLS" in snapshot
    assert "ENERGY_HEARTBEAT_URL" in snapshot
    assert "to-hide" not in snapshot


def test_a_secret_reaches_the_resource_that_needs_it() -> None:
    @asset
    def told(tso: TsoForecasts, weather: Weather) -> str:
        return f"{tso.token} {weather.api_key}"

    result = materialize([told], resources=build_definitions(SETTINGS).resources)
    assert result.output_for_node("told") == "a-token-to-hide a-key-to-hide"


def test_a_secret_is_not_in_the_words_of_the_settings() -> None:
    assert "a-password-to-hide" not in repr(SETTINGS)
    assert "a-ping-to-hide" not in repr(SETTINGS)
