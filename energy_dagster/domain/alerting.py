"""Alerts: what is told of a condition when it begins, worsens, stands for a day and ends, and what is remembered of it.

Each receiver has a memory of its own, so one that was out of reach is told later what the others know. What could not be
delivered stays in the memory as it was, and is due again at the next look.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

Severity = Literal["warning", "error"]
Moment = Literal["began", "worse", "stands", "ended", "passed"]

REMIND_AFTER: Final = timedelta(days=1)
MOST_KEPT: Final = 100
"""Conditions a memory holds; what stands beyond is told once there is room."""

MOST_CHARACTERS: Final = 500
"""Of what was found, in a message."""

_OPENINGS: Final[dict[Moment, str]] = {
    "began": "",
    "worse": "Worse: ",
    "stands": "Still: ",
    "ended": "Over: ",
    "passed": "Over, and could not be told before: ",
}


@dataclass(frozen=True)
class Condition:
    """Something that is not as it should be.

    Attributes:
        key: names it for as long as it stands; what comes before the first `/` is its kind.
        title: what is wrong, in a few words.
        severity: `error` where people get no forecast they can trust, else `warning`.
        since: when it began, as far as is known; aware UTC.
        found: how bad it is, in a sentence.
        advice: what to do.
        link: the page of Dagster to begin at.
    """

    key: str
    title: str
    severity: Severity
    since: datetime
    found: str
    advice: str
    link: str

    @property
    def kind(self) -> str:
        """What sort of condition."""
        return kind_of(self.key)


@dataclass(frozen=True)
class Seen:
    """What one look found: the conditions that stand, and the kinds that could not be looked at, of which nothing has ended."""

    conditions: tuple[Condition, ...]
    unknown: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Told:
    """What a receiver knows of a condition; `told_at` is None until the first message was delivered."""

    title: str
    severity: Severity
    since: datetime
    link: str
    told_at: datetime | None = None
    ended_at: datetime | None = None


Memory = Mapping[str, Told]
"""What one receiver knows, by the key of the condition."""


@dataclass(frozen=True)
class Message:
    """What is to be delivered, and what the receiver will then know of the condition: None when it can be forgotten."""

    key: str
    moment: Moment
    severity: Severity
    title: str
    text: str
    known: Told | None


def kind_of(key: str) -> str:
    """The kind in a condition's key.

    >>> kind_of("check/raw_load/source_is_fresh")
    'check'
    """
    return key.partition("/")[0]


def after_look(memory: Memory, seen: Seen, *, now: datetime) -> dict[str, Told]:
    """The memory with what began and what ended; errors have the first claim on its room."""
    standing = {condition.key: condition for condition in seen.conditions}
    kept = {key: _after_look(key, told, seen.unknown, standing, now) for key, told in memory.items()}
    fresh = sorted((one for key, one in standing.items() if key not in memory), key=lambda one: (one.severity, one.key))
    room = max(0, MOST_KEPT - len(kept))
    return kept | {one.key: Told(one.title, one.severity, one.since, one.link) for one in fresh[:room]}


def _after_look(key: str, told: Told, unknown: frozenset[str], standing: Mapping[str, Condition], now: datetime) -> Told:
    if key in standing:
        return replace(told, ended_at=None)
    if told.ended_at is not None or kind_of(key) in unknown:
        return told
    return replace(told, ended_at=now)


def messages_due(memory: Memory, seen: Seen, *, now: datetime, monitoring: str) -> list[Message]:
    """What a receiver has to be told now, errors first.

    Args:
        memory: of the receiver, after the look.
        seen: what the look found.
        now: the present, aware UTC.
        monitoring: address of the monitoring page.
    """
    standing = {condition.key: condition for condition in seen.conditions}
    due = (_message(key, told, standing.get(key), now, monitoring) for key, told in memory.items())
    return sorted((one for one in due if one is not None), key=lambda one: (one.severity, one.key))


def delivered(memory: Memory, message: Message) -> dict[str, Told]:
    """The memory of a receiver that has got a message."""
    others = {key: told for key, told in memory.items() if key != message.key}
    return others if message.known is None else others | {message.key: message.known}


def _message(key: str, told: Told, condition: Condition | None, now: datetime, monitoring: str) -> Message | None:
    if told.ended_at is not None:
        moment: Moment = "passed" if told.told_at is None else "ended"
        span = f"From {in_utc(told.since)} to {in_utc(told.ended_at)}, {in_words(told.ended_at - told.since)}."
        text = "\n".join((f"What: {told.title}", span, f"Dagster: {told.link}", f"Monitoring page: {monitoring}"))
        return Message(key, moment, told.severity, _OPENINGS[moment] + told.title, text, None)
    if condition is None:  # it could not be looked at
        return None
    due = _moment(told, condition, now)
    if due is None:
        return None
    known = replace(told, title=condition.title, severity=condition.severity, link=condition.link, told_at=now)
    text = _text(condition, since=told.since, now=now, monitoring=monitoring)
    return Message(key, due, condition.severity, _OPENINGS[due] + condition.title, text, known)


def _moment(told: Told, condition: Condition, now: datetime) -> Moment | None:
    if told.told_at is None:
        return "began"
    if condition.severity == "error" and told.severity == "warning":
        return "worse"
    return "stands" if now - told.told_at >= REMIND_AFTER else None


def _text(condition: Condition, *, since: datetime, now: datetime, monitoring: str) -> str:
    lines = (
        f"What: {condition.title} ({condition.severity})",
        f"Since: {in_utc(since)}, {in_words(now - since)} ago",
        f"How bad: {condition.found[:MOST_CHARACTERS]}",
        f"What to do: {condition.advice}",
        f"Dagster: {condition.link}",
        f"Monitoring page: {monitoring}",
    )
    return "\n".join(lines)


def in_utc(moment: datetime) -> str:
    """A time as it is written in a message.

    >>> in_utc(datetime(2026, 3, 1, 4, 30, tzinfo=UTC))
    '2026-03-01 04:30 UTC'
    """
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def in_words(span: timedelta) -> str:
    """A span of time in the unit that suits it.

    >>> [in_words(timedelta(minutes=minutes)) for minutes in (0.4, 5, 150, 4000)]
    ['less than a minute', '5 min', '2.5 h', '2.8 days']
    """
    minutes = max(0.0, span.total_seconds() / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 90:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h" if minutes < 48 * 60 else f"{minutes / 1440:.1f} days"


def to_json(memories: Mapping[str, Memory]) -> str:
    """The memories of all receivers as text."""
    held = {name: {key: asdict(told) for key, told in memory.items()} for name, memory in memories.items()}
    return json.dumps(held, default=datetime.isoformat, separators=(",", ":"))


def from_json(text: str | None, names: Iterable[str]) -> dict[str, dict[str, Told]]:
    """The memories of the receivers there are, from text; those of others are left out, a new one is empty.

    Raises:
        ValueError: the text is not what `to_json` wrote.
    """
    try:
        held = json.loads(text) if text else {}
        return {name: dict(_told(held.get(name, {}))) for name in names}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"expected the memory of alerts as JSON, found {text!r:.200}: {error}") from None


def _told(rows: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, Told]]:
    for key, row in rows.items():
        times = {name: row[name] and datetime.fromisoformat(row[name]) for name in ("since", "told_at", "ended_at")}
        yield key, Told(**{**row, **times})  # type: ignore[arg-type]  # as they were written
