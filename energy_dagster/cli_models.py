"""`energy models`: which models there are, which serves, and how a person overrules what their trainings decided."""

import getpass
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from textwrap import fill
from typing import TYPE_CHECKING, Any

import click

from energy_dagster.command_line import Chosen, check_data_folder, choose, explained

if TYPE_CHECKING:
    from energy_dagster.domain.model import ModelMeta
    from energy_dagster.io_managers.decisions import Action
    from energy_dagster.io_managers.lake import Version
    from energy_dagster.io_managers.model_store import ModelStore


_INDENT = "    "


@click.group()
def models() -> None:
    """List the models, and decide which serves.

    A training judges its own model: it serves if it beats the weekly naive and holds against the model in service. A decision made
    here overrules that from the running week on, until a newer training makes a champion; what was forecast stays as it is.
    Every decision is kept with its reason, and shown on the monitoring page.

    \b
    energy models list
    energy models rollback --reason "bias since Tuesday"
    energy models promote lgbm-20261116-20261116T001012 --reason "holds better in the cold"
    """  # noqa: D301 - click wants the backspace itself


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of words."),
        click.option("--data", default=None, metavar="FOLDER", help="Folder of the data.  [default: data]"),
    ):
        command = option(command)
    return command


def _decision_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--by", default=None, metavar="NAME", help="Who decides.  [default: the user of this machine]"),
        click.option("--reason", required=True, help="Why, in a sentence; it is kept and shown."),
    ):
        command = option(command)
    return _options(command)


@dataclass(frozen=True)
class _Listed:
    """A model, how it stands and whether it serves in the running week."""

    version: "Version"
    meta: "ModelMeta"
    standing: str
    serves: bool


@models.command(name="list")
@_options
def list_(data: str | None, *, as_json: bool) -> None:
    """Show every model, newest first: its week, how it stands, its held-out error and why."""
    chosen = choose(None, None, data, as_json=as_json)
    with explained():
        listed = _listed(_store(chosen))
    if as_json:
        click.echo(json.dumps([_shown(one) for one in listed], indent=1))
        return
    for one in listed:
        scores, serves = one.meta.scores, ", serves" if one.serves else ""
        errors = f"MAE {scores.mae_mwh:.0f} MWh, weekly naive {scores.naive_mae_mwh:.0f}"
        click.echo(f"{one.meta.model_version}  {one.version.partition}  {one.standing}{serves}  {errors}")
        click.echo(fill(one.meta.reason, initial_indent=_INDENT, subsequent_indent=_INDENT))
    if not listed:
        click.echo("No model has been trained yet: `energy forecast` trains the first.")


@models.command()
@click.argument("model_version")
@_decision_options
def promote(model_version: str, reason: str, by: str | None, data: str | None, *, as_json: bool) -> None:
    """Let a model serve before every other that is there now, whatever its training said of it."""
    chosen = choose(None, None, data, as_json=as_json)
    with explained():
        store = _store(chosen)
        known = {one.meta.model_version: one for one in _listed(store)}
        if model_version not in known:
            raise click.BadParameter(
                f"expected the version of a model, found {model_version!r}; there are: {', '.join(known) or 'none'}",
                param_hint="MODEL_VERSION",
            )
        _decide(chosen, store, known[model_version], "promoted", by=by, reason=reason)


@models.command()
@_decision_options
def rollback(reason: str, by: str | None, data: str | None, *, as_json: bool) -> None:
    """Withdraw the model that serves, so that the champion before it serves again; without one, the weekly naive."""
    chosen = choose(None, None, data, as_json=as_json)
    with explained():
        store = _store(chosen)
        serving = next((one for one in _listed(store) if one.serves), None)
        if serving is None:
            raise click.ClickException("expected a model that serves, found none: the weekly naive makes the forecasts")
        _decide(chosen, store, serving, "withdrawn", by=by, reason=reason)


def _store(chosen: Chosen) -> "ModelStore":
    check_data_folder(chosen.data)
    from energy_dagster.io_managers.model_store import ModelStore  # noqa: PLC0415 - `--help` need not wait

    return ModelStore(chosen.settings.lake)


def _listed(store: "ModelStore") -> list[_Listed]:
    from energy_dagster.io_managers.decisions import week_of  # noqa: PLC0415 - `--help` need not wait

    week, versions, decisions = week_of(datetime.now(UTC)), store.versions(), store.decisions.listing()
    newest = max([week, *(version.partition for version in versions)])
    serving = store.champion_version(at_or_before=newest)
    return [
        _Listed(version, store.read_meta(version), store.standing(version, decisions, week=newest), version == serving)
        for version in reversed(versions)
    ]


def _decide(chosen: Chosen, store: "ModelStore", one: _Listed, action: "Action", *, by: str | None, reason: str) -> None:
    """Keep the decision, publish it, note it on the asset's page, and say what serves now."""
    if not reason.strip():
        raise click.BadParameter("expected a sentence, found nothing", param_hint="--reason")
    from energy_dagster.definitions import publisher_of  # noqa: PLC0415 - `--help` need not wait
    from energy_dagster.io_managers.decisions import Decision  # noqa: PLC0415

    name, version = (by or getpass.getuser()).strip(), one.version
    decision = Decision(datetime.now(UTC), action, version.partition, version.version, one.meta.model_version, name, reason.strip())
    store.decisions.keep(decision)
    _observe(
        chosen, decision.week, {"action": action, "model version": decision.model_version, "by": name, "reason": decision.reason}
    )
    publisher_of(chosen.settings).publish()
    serving = next((other for other in _listed(store) if other.serves), None)
    now_serves = "the weekly naive" if serving is None else serving.meta.model_version
    if chosen.as_json:
        click.echo(json.dumps({"action": action, "model_version": decision.model_version, "serves": now_serves}, indent=1))
    else:
        click.echo(f"{decision.model_version} is {action}. From the next issue on {now_serves} serves.")


def _observe(chosen: Chosen, week: str, said: dict[str, str]) -> None:
    from dagster import AssetObservation  # noqa: PLC0415 - `--help` need not wait

    from energy_dagster.instance import open_instance  # noqa: PLC0415

    with open_instance(chosen.data) as instance:
        instance.report_runless_asset_event(AssetObservation("forecast_model", partition=week, metadata=said))


def _shown(one: _Listed) -> dict[str, Any]:
    scores = one.meta.scores
    return {
        "model_version": one.meta.model_version,
        "week": one.version.partition,
        "stands_as": one.standing,
        "serves": one.serves,
        "mae_mwh": scores.mae_mwh,
        "naive_mae_mwh": scores.naive_mae_mwh,
        "skill": scores.skill,
        "reason": one.meta.reason,
    }
