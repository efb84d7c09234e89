"""What of the code location tells people of its state: present only where somebody is to be told."""

from collections.abc import Sequence
from typing import Any

from dagster import AssetCheckKey, EnvVar, SensorDefinition

from energy_dagster.defs.alerts import Lookout, alert_sensor, heartbeat
from energy_dagster.resources.messenger import Messenger, Pulse
from energy_dagster.settings import Settings


def alert_sensors_of(settings: Settings, checks: Sequence[AssetCheckKey]) -> list[SensorDefinition]:
    """The sensors; alerts tell of the checks among others."""
    return [*([alert_sensor(checks)] if settings.alert_urls else []), *([heartbeat] if settings.heartbeat_url else [])]


def alert_resources_of(settings: Settings, *, urls: EnvVar | None, pulse: EnvVar | None) -> dict[str, Any]:
    """What the sensors need.

    Args:
        settings: of the platform.
        urls: where the addresses of the receivers are read from.
        pulse: where the address of the dead man's switch is read from.
    """
    lookout = Lookout(warehouse=settings.warehouse, dagster_url=settings.dagster_address, app_url=settings.app_address)
    return {
        **({} if urls is None else {"messenger": Messenger(urls=urls)}),
        **({} if pulse is None else {"pulse": Pulse(url=pulse)}),
        **({} if urls is None and pulse is None else {"lookout": lookout}),
    }
