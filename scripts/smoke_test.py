"""Whether a platform that was just rolled out does its work: the API holds a young forecast, and the app answers.

A key of the API, where rows need one, is read from ENERGY_API_KEY.
"""

import argparse
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

ANSWER_SECONDS: Final = 20
BETWEEN_SECONDS: Final = 5.0
YOUNGEST_HOURS: Final = 2.0
"""A forecast is made every hour, at ten past at the latest; one that is missed is not yet a fault of the new version."""

APP_SIGN: Final = "<html"


class NotWell(Exception):
    """Something that was asked did not answer as it should."""


def check_ready(api: str) -> None:
    """The API reads a snapshot.

    Raises:
        NotWell: it says that it is not ready, or nothing.
    """
    status = json.loads(_text(f"{api}/health/ready")).get("status")
    if status != "ready":
        raise NotWell(f"{api}/health/ready: expected the status ready, found {status!r}")


def check_forecast_age(api: str, *, now: datetime, longest: timedelta, key: str | None = None) -> None:
    """The newest issue that the API holds is young.

    Raises:
        NotWell: it holds none, or an older one.
    """
    address = f"{api}/v1/snapshot"
    headers = {"X-API-Key": key} if key else {}
    tables = {row["table"]: row["newest"] for row in json.loads(_text(address, headers)).get("rows", [])}
    newest = tables.get("predictions")
    if newest is None:
        raise NotWell(f"{address}: expected a forecast, found none")
    age = now - datetime.fromisoformat(newest)
    if age > longest:
        raise NotWell(f"{address}: expected a forecast of the last {_hours(longest)}, found one of {newest}, {_hours(age)} old")


def check_page(app: str) -> None:
    """The app answers with a page.

    Raises:
        NotWell: it answers with something else, or not at all.
    """
    if APP_SIGN not in _text(app).lower():
        raise NotWell(f"{app}: expected a page, found something else")


def wait_until_well(checks: list[Callable[[], None]], *, seconds: float, between: float = BETWEEN_SECONDS) -> None:
    """Ask until every check passes: new tasks take a moment until they are reached.

    Raises:
        NotWell: one still does not when the time is over.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            for check in checks:
                check()
        except NotWell:
            if time.monotonic() + between > until:
                raise
            time.sleep(between)
        else:
            return


def main(arguments: list[str] | None = None) -> int:
    """Ask the API and the app; 1 when one of them is not well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api", required=True, type=_address, help="address of the API, like https://api.example.org")
    parser.add_argument("--app", required=True, type=_address, help="address of the app")
    parser.add_argument("--hours", type=float, default=YOUNGEST_HOURS, help="age of a forecast that is still young")
    parser.add_argument("--seconds", type=float, default=300, help="how long to ask again")
    given = parser.parse_args(arguments)
    key, longest = os.environ.get("ENERGY_API_KEY") or None, timedelta(hours=given.hours)
    checks: list[Callable[[], None]] = [
        lambda: check_ready(given.api),
        lambda: check_forecast_age(given.api, now=datetime.now(UTC), longest=longest, key=key),
        lambda: check_page(given.app),
    ]
    try:
        wait_until_well(checks, seconds=given.seconds)
    except NotWell as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(f"{given.api} holds a forecast of the last {_hours(longest)}, {given.app} answers\n")
    return 0


def _address(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise argparse.ArgumentTypeError(f"expected https://.. or http://.., found {text!r}")
    return text.rstrip("/")


def _text(address: str, headers: Mapping[str, str] | None = None) -> str:
    asked = urllib.request.Request(address, headers=dict(headers or {}))  # noqa: S310  # `_address` lets http and https in only
    try:
        with urllib.request.urlopen(asked, timeout=ANSWER_SECONDS) as answer:  # noqa: S310  # the same
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        raise NotWell(f"{address}: {error.code}, {_detail(error)}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotWell(f"{address}: no answer, {error}") from error


def _detail(error: urllib.error.HTTPError) -> Any:
    text = error.read().decode(errors="replace")
    try:
        return json.loads(text).get("detail", text[:200])
    except (ValueError, AttributeError):
        return text[:200]


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f} h"


if __name__ == "__main__":
    sys.exit(main())
