"""The account of a simulation as tables on a screen."""

from rich.console import Console
from rich.table import Table

from energy_dagster.simulation.account import Account


def print_account(account: Account, console: Console | None = None) -> None:
    """Print promises, then what went wrong and how it healed."""
    out = console or Console()
    summary = Table(title="Left alone", show_header=False)
    for name, value in _lines(account):
        summary.add_row(name, value)
    out.print(summary)
    if account.mishaps:
        mishaps = Table(
            "what went wrong", "from", "hours", "failed runs meanwhile", "whole again after [h]", title="What healed by itself"
        )
        for one in account.mishaps:
            healed = "-" if one.healed_after_hours is None else f"{one.healed_after_hours:.0f}"
            mishaps.add_row(one.kind.replace("_", " "), one.start[:16], f"{one.hours:.0f}", str(one.failed_runs), healed)
        out.print(mishaps)


def _lines(account: Account) -> list[tuple[str, str]]:
    def number(value: float | None) -> str:
        return "-" if value is None else f"{value:.2f}"

    return [
        ("hours", str(account.hours)),
        ("issued on time / late / missed", f"{account.on_time} / {account.late} / {account.missed}"),
        ("issued twice", str(account.issued_twice)),
        ("lowest rung of an issue", ", ".join(f"{rung} {count}" for rung, count in sorted(account.rungs.items()))),
        ("runs, of them failed", f"{account.runs}, {account.failed_runs}"),
        ("models", ", ".join(f"{count} {why}" for why, count in account.models.items()) or "none due"),
        ("skill, P10 to P90 held", f"{number(account.skill)}, {number(account.coverage_80)}"),
        ("forecasts scored, of", f"{account.scored}, {account.to_score}"),
        ("missing at the end", ", ".join(account.missing) or "nothing"),
        ("not mirrored at the end", ", ".join(account.unmirrored) or "nothing"),
        ("models not let serve, issues by one", f"{account.challengers}, {account.serving_challengers}"),
        ("leaks", str(account.leaks)),
        ("disk [MB]", " to ".join(f"{value:.0f}" for value in account.disk_mb)),
        ("memory [MB]", " to ".join(f"{value:.0f}" for value in account.memory_mb)),
        ("seconds of a tick, mean and largest", f"{account.tick_seconds['mean']:.2f}, {account.tick_seconds['largest']:.1f}"),
    ]
