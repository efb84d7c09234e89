"""A movable clock and a client that asks the replica in-process."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import httpx
from litestar.types import ASGIApp

from energy_dagster.sandbox.app import create_replica
from energy_dagster.sandbox.simulated import SimulatedArchive

NOW = datetime(2026, 3, 10, 18, 30, tzinfo=UTC)
LOAD = "/dataset/GenerationProdTypeExchange"
SETTLEMENT = "/dataset/ProductionConsumptionSettlement"
BALANCE = "/dataset/ElectricityBalanceNonv"
CATEGORIES = "/dataset/ConsumptionConsumerCategoryHour"
GRID_AREAS = "/dataset/ConsumptionGridAreaHour"
SEED = 7


class MovableClock:
    """Says what it was last set to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


Ask = Callable[..., httpx.Response]


def asking(app: ASGIApp) -> Ask:
    """`ask(path, **parameters)` against an app."""

    async def get(path: str, parameters: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(cast("Any", app))  # the two libraries spell ASGI's types differently
        async with httpx.AsyncClient(transport=transport, base_url="http://replica") as client:
            return await client.get(path, params=parameters)

    def ask(path: str, **parameters: Any) -> httpx.Response:
        return asyncio.run(get(path, parameters))

    return ask


def simulated_at(now: datetime = NOW, *, seed: int = SEED) -> Ask:
    """`ask` against a simulated replica whose clock stands still."""
    return asking(create_replica(SimulatedArchive(seed), clock=MovableClock(now)))


def records(answer: httpx.Response) -> list[dict[str, Any]]:
    """The records of an envelope that must have succeeded."""
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["records"]
    return found
