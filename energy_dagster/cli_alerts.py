"""`energy alerts`: whether people can be told when something is wrong."""

from collections.abc import Callable
from functools import partial

import click

from energy_dagster.command_line import choose, explained


@click.group()
def alerts() -> None:
    """Messages to people when a forecast is stale, a run or a check fails, or forecasts are poor; and when it is over.

    Whom to tell is set by ENERGY_ALERT_URLS: addresses as Apprise reads them (https://appriseit.com), comma separated.
    """


@alerts.command()
def test() -> None:
    """Send a trial message to every receiver, and ask the dead man's switch once where one is set."""
    chosen = choose(None, None, None, as_json=False)
    settings = chosen.settings
    if not settings.alert_urls and not settings.heartbeat_url:
        raise click.ClickException("expected ENERGY_ALERT_URLS or ENERGY_HEARTBEAT_URL to be set, found neither")
    from energy_dagster.resources.messenger import BadAddress, Messenger, NotDelivered, Pulse  # noqa: PLC0415 - `--help` need not wait

    failures = 0
    with explained():
        try:
            receivers = Messenger(urls=settings.alert_urls).receivers() if settings.alert_urls else []
        except BadAddress as problem:
            raise click.ClickException(f"ENERGY_ALERT_URLS: {problem}") from None
        text = f"A trial message. Alerts link to {settings.dagster_address} and {settings.app_address}."
        tries: list[tuple[str, Callable[[], None]]] = [
            (one.name, partial(one.deliver, "Trial: alerts arrive here", text, tone="info")) for one in receivers
        ]
        if settings.heartbeat_url:
            tries.append(("the heartbeat's service", Pulse(url=settings.heartbeat_url).beat))
        for name, attempt in tries:
            try:
                attempt()
                click.echo(f"{name}: delivered")
            except NotDelivered as problem:
                failures += 1
                click.echo(str(problem), err=True)
    if failures:
        raise click.ClickException(f"{failures} of {len(tries)} could not be told")
