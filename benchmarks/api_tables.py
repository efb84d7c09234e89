"""What `api.py` found, as it stands on the page, and the goals it is judged by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.results import markdown_table

TITLES = {"ours": "ours", "parquet": "Parquet read per request", "frame": "frame kept in memory"}
WAYS = {"same": "the same request again and again", "different": "requests that all differ, keeping off"}

TIMES_PARQUET, LONGEST_P99_MS, CROWD, MOST_GROWTH_MB = 10.0, 25.0, 16, 10.0

_ABOUT = """Measured on {on} with {cores} cores{processor}, which the load (wrk, one thread) shared; {seconds} s a cell after
warming up. Ours: {ours}. The others: {others}.

Ours is beside FastAPI over pandas, the way this project's ancestors answer, on uvicorn: one reads its Parquet file per request, one
keeps the frame. One worker each, no access log, no compression. Of each kind of request all gave the same numbers before any was
timed. The peers have less to do: no snapshot, no paging, no checks, and the better vintage of an hour is chosen beforehand."""

_SAME_IS = """The same request again and again, as a page that many have open makes it. Ours keeps the answer as long as its
snapshot is the newest; that is most of the difference."""

_DIFFERENT_IS = """Requests that all differ (issues and areas; weeks; the minute at which the month starts), with keeping off: every
answer is computed."""

_EXTRAS_ARE = "Ours, the newest forecast, the same request at {crowd} connections, otherwise:"

_MEMORY_IS = """Resident memory over many requests at {crowd} connections: the three above again and again, every twentieth a week
of actuals not asked for before. Kept answers have 64 MB of room, which is full by half-way. The peers made as many requests as they
could in some seconds."""


@dataclass(frozen=True)
class Goal:
    """One goal and what became of it."""

    goal: str
    measured: str
    met: bool


def api_text(found: Mapping[str, Any]) -> str:
    """The tables, goals first."""
    said = found["measured"]
    about = _ABOUT.format(
        on=said["on"],
        cores=said["cores"],
        processor=f" ({said['processor']})" if said["processor"] else "",
        seconds=said["seconds"],
        ours=", ".join(f"{name} {number}" for name, number in said["versions"].items()),
        others=", ".join(pinned.replace("==", " ") for pinned in said["peer_versions"]),
    )
    parts = (
        about,
        _goals(goals(found)),
        _answers(found["answers"]),
        _SAME_IS,
        _cells(found, "same"),
        _DIFFERENT_IS,
        _cells(found, "different"),
        _EXTRAS_ARE.format(crowd=CROWD),
        _extras(found["extras"]),
        _MEMORY_IS.format(crowd=CROWD),
        _memory(found["memory"]),
    )
    return "\n\n".join(parts)


def goals(found: Mapping[str, Any]) -> list[Goal]:
    """Each goal, judged by its worst cell: in both ways of asking, and over memory."""
    titles = {one["question"]: one["title"] for one in found["answers"]}
    judged = []
    for way, words in WAYS.items():
        for peer, least in (("parquet", TIMES_PARQUET), ("frame", 1.0)):
            ratio, where = worst_ratio(found["cells"], peer, way)
            wanted = f"at least {least:.0f} times" if least > 1 else "ahead of"
            goal = f"{wanted} the throughput of *{TITLES[peer]}*; {words}"
            judged.append(Goal(goal, f"{ratio:,.2f} times ({_place(where, titles)})", ratio >= least if least > 1 else ratio > 1))
        slowest = max(
            (cell for cell in found["cells"]["ours"] if cell["way"] == way and cell["connections"] == CROWD),
            key=lambda cell: float(cell["p99_ms"]),
        )
        judged.append(
            Goal(
                f"p99 under {LONGEST_P99_MS:.0f} ms at {CROWD} connections; {words}",
                f"{slowest['p99_ms']:.1f} ms ({titles[slowest['question']]})",
                slowest["p99_ms"] < LONGEST_P99_MS,
            )
        )
    failed = sum(cell["errors"] for cell in found["cells"]["ours"]) + found["memory"]["ours"]["errors"]
    judged.append(Goal("no request of ours fails", f"{failed:,}", failed == 0))
    ours = found["memory"]["ours"]
    growth, whole = ours["after_mb"] - ours["half_mb"], ours["after_mb"] - ours["before_mb"]
    judged.append(
        Goal(
            f"memory flat over {ours['requests']:,} requests: at most {MOST_GROWTH_MB:.0f} MB more in their second half",
            f"{growth:+.1f} MB in the second half, {whole:+.1f} MB in all, of which kept answers {ours['after_kept_mb']:.1f} MB",
            growth <= MOST_GROWTH_MB,
        )
    )
    return judged


def worst_ratio(cells: Mapping[str, Sequence[Mapping[str, Any]]], peer: str, way: str) -> tuple[float, Mapping[str, Any]]:
    """Our throughput as a multiple of the peer's, in the cell where it is least.

    >>> cell = {"question": "a", "way": "same", "connections": 1, "per_second": 10.0}
    >>> worst_ratio({"ours": [cell], "frame": [cell | {"per_second": 4.0}]}, "frame", "same")[0]
    2.5
    """
    theirs = {(one["question"], one["connections"]): one["per_second"] for one in cells[peer] if one["way"] == way}
    ratios = [(one["per_second"] / theirs[one["question"], one["connections"]], one) for one in cells["ours"] if one["way"] == way]
    return min(ratios, key=lambda pair: float(pair[0]))


def _place(cell: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    return f"{titles[cell['question']]}, {_connections(cell['connections'])}, where it is least"


def _connections(count: int) -> str:
    return f"{count} connection{'s' if count > 1 else ''}"


def _goals(judged: Sequence[Goal]) -> str:
    return markdown_table(["goal", "measured", "met"], [[one.goal, one.measured, "yes" if one.met else "**no**"] for one in judged])


def _answers(answers: Sequence[Mapping[str, Any]]) -> str:
    head = ["answer", "rows", *(f"{TITLES[name]}, kB" for name in TITLES)]
    return markdown_table(
        head, [[one["title"], f"{one['rows']:,}", *(f"{one['bytes'][name] / 1000:,.0f}" for name in TITLES)] for one in answers]
    )


def _cells(found: Mapping[str, Any], way: str) -> str:
    head = ["request", "connections", "server", "requests/s", "p50, ms", "p99, ms", "failed"]
    by_key = {
        (name, cell["question"], cell["connections"]): cell
        for name, cells in found["cells"].items()
        for cell in cells
        if cell["way"] == way
    }
    connections = sorted({key[2] for key in by_key})
    rows = [
        [one["title"], str(count), TITLES[name], *_speed(by_key[name, one["question"], count])]
        for one in found["answers"]
        for count in connections
        for name in found["cells"]
    ]
    return markdown_table(head, rows)


def _speed(cell: Mapping[str, Any]) -> list[str]:
    return [f"{cell['per_second']:,.0f}", f"{cell['p50_ms']:,.1f}", f"{cell['p99_ms']:,.1f}", f"{cell['errors']:,}"]


def _extras(extras: Sequence[Mapping[str, Any]]) -> str:
    head = ["", "requests/s", "p50, ms", "p99, ms", "failed", "kB an answer"]
    rows = [[one["title"], *_speed(one), f"{one['bytes'] / max(one['requests'], 1) / 1000:,.1f}"] for one in extras]
    return markdown_table(head, rows)


def _memory(memory: Mapping[str, Any]) -> str:
    head = ["server", "requests", "before, MB", "half-way, MB", "after, MB", "of it kept answers, MB"]
    keys = ("before_mb", "half_mb", "after_mb", "after_kept_mb")
    return markdown_table(
        head, [[TITLES[name], f"{one['requests']:,}", *(f"{one[key]:,.0f}" for key in keys)] for name, one in memory.items()]
    )
