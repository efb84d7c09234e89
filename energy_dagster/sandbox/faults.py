"""A replica that fails on purpose: middleware that puts faults between the replica and whoever asks."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from energy_dagster.sandbox.fault_answers import (
    Answer,
    answered,
    huge_answer,
    mislabelled,
    page,
    refused,
    renamed,
    send_answer,
    send_half,
    truncated,
    with_change,
)
from energy_dagster.sandbox.fault_kinds import (
    BrokenOff,
    Changed,
    Fault,
    Hang,
    Huge,
    Mislabelled,
    Misread,
    Page,
    Refused,
    Renamed,
    Truncated,
)

WEATHER, WEATHER_ARCHIVE, WEATHER_PREVIOUS_RUNS = "weather", "weather-archive", "weather-previous-runs"
WEATHER_SERVICES: Final = (WEATHER, WEATHER_ARCHIVE, WEATHER_PREVIOUS_RUNS)
"""Names of the weather services, as a plan sees them."""

DESCRIPTION_OF = "meta/"
"""What stands before a dataset's name when its description is asked for."""


@dataclass(frozen=True)
class Asked:
    """A request to the replica.

    Attributes:
        name: the dataset, a weather service, or `meta/<dataset>` for a description.
        number: how many requests of that name there have been, this one included.
        now: the replica's clock, aware.
        parameters: the query.
    """

    name: str
    number: int
    now: datetime
    parameters: Mapping[str, str]


Plan = Callable[[Asked], Fault | None]
"""Decides what goes wrong with a request; None for nothing."""


def with_faults(app: ASGIApp, plan: Plan, *, clock: Callable[[], datetime]) -> ASGIApp:
    """The replica, with what a plan says going wrong.

    Args:
        app: the replica.
        plan: asked once a request.
        clock: the replica's, for the plan and the dates of answers.
    """
    numbers: Counter[str] = Counter()

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:  # the server's start and stop
            await app(scope, receive, send)
            return
        parameters = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        name = _name(scope["path"], parameters)
        numbers[name] += 1
        asked = Asked(name, numbers[name], clock(), parameters)
        await _answer_with(plan(asked), asked, app, scope, receive, send)

    return faulty


def _name(path: str, parameters: Mapping[str, str]) -> str:
    match path.strip("/").split("/"):
        case ["dataset", name, *_]:
            return name
        case ["meta", "dataset", name]:
            return f"{DESCRIPTION_OF}{name}"
        case ["v1", "archive"]:
            return WEATHER_ARCHIVE
        case ["v1", "forecast"]:
            return WEATHER_PREVIOUS_RUNS if "_previous_day" in parameters.get("hourly", "") else WEATHER
    return path


async def _answer_with(fault: Fault | None, asked: Asked, app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send) -> None:
    match fault:
        case None:
            await app(scope, receive, send)
        case Hang():
            await asyncio.sleep(fault.seconds)
            await app(scope, receive, send)
        case Misread():
            query = urlencode(dict(fault.read_as(asked.parameters))).encode()
            await app({**scope, "query_string": query}, receive, send)
        case Huge():
            await huge_answer(fault, send)
        case BrokenOff():
            await send_half(await answered(app, scope, receive), send)
        case Refused() | Renamed() | Page():
            await send_answer(_instead(fault, asked), send)
        case _:
            await send_answer(_spoilt(fault, await answered(app, scope, receive)), send)


def _instead(fault: Refused | Renamed | Page, asked: Asked) -> Answer:
    match fault:
        case Refused():
            return refused(fault, now=asked.now)
        case Renamed():
            return renamed(asked.name.removeprefix(DESCRIPTION_OF))
    return page()


def _spoilt(fault: Truncated | Mislabelled | Changed, answer: Answer) -> Answer:
    match fault:
        case Truncated():
            return truncated(answer)
        case Mislabelled():
            return mislabelled(answer, fault.content_type)
    return with_change(answer, fault.change)
