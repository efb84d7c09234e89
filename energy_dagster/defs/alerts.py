"""Alerts: one sensor that looks at what stands and tells people of it, and one that beats while forecasts are fresh.

Not made of run failure sensors: those go past a failed run whether or not the message about it left.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from dagster import (
    AssetCheckKey,
    ConfigurableResource,
    DagsterInstance,
    DefaultSensorStatus,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)
from pydantic import Field

from energy_dagster.defs.attention import findings_of
from energy_dagster.defs.failed_runs import failed_runs
from energy_dagster.domain import alert_conditions
from energy_dagster.domain.alert_conditions import COVERAGE_WINDOW, MIRROR, OF_THEIR_OWN, SKILL_WINDOW, STALE_AFTER, Screens
from energy_dagster.domain.alerting import Condition, Message, Seen, Told, after_look, delivered, from_json, messages_due, to_json
from energy_dagster.domain.tables import AREAS, TOTAL
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.messenger import Messenger, NotDelivered, Pulse, Receiver, Tone
from energy_dagster.store.errors import NoSnapshot, UnreadableSnapshot
from energy_dagster.store.reader import Reading, Store

LOOK_SECONDS: Final = 180
MOST_AT_ONCE: Final = 20
"""Messages a receiver gets at one look; what is left is due at the next."""

_JUDGED: Final = ("skill", "coverage")
_PUBLISHED: Final = frozenset({"forecast", *_JUDGED, MIRROR})
"""Kinds of conditions that are read from the published warehouse."""


class Lookout(ConfigurableResource):  # type: ignore[type-arg]
    """Looks at the published warehouse and at the instance."""

    warehouse: str = Field(description="Folder of the published snapshots")
    dagster_url: str = Field(description="Address of the Dagster UI, as people open it")
    app_url: str = Field(description="Address of the app, as people open it")

    @property
    def screens(self) -> Screens:
        """Where people look."""
        return Screens(self.dagster_url.rstrip("/"), self.app_url.rstrip("/"))

    def newest_issue(self) -> datetime | None:
        """When the newest published forecast was issued; None where nothing is published.

        Raises:
            UnreadableSnapshot: what is published cannot be read.
        """
        try:
            with Store(self.warehouse) as store:
                return next((issue.issued_at for issue in store.latest_issue().rows), None)
        except NoSnapshot:
            return None

    def look(self, instance: DagsterInstance, checks: Sequence[AssetCheckKey], *, now: datetime) -> Seen:
        """Every condition that stands."""
        looked_at = [key for key in checks if key.name not in OF_THEIR_OWN]
        failing = [
            alert_conditions.failing_check(
                one.subject, one.name, severity=one.severity, since=one.found_at, told=one.told, screens=self.screens
            )
            for one in findings_of(instance, looked_at)
        ]
        failed = [alert_conditions.failed_run(run, screens=self.screens) for run in failed_runs(instance, now=now)]
        published = self._published(now)
        return Seen((*published.conditions, *failed, *failing), published.unknown)

    def _published(self, now: datetime) -> Seen:
        try:
            with Store(self.warehouse) as store, store.reading() as reading:
                return self._read(reading, now)
        except NoSnapshot:
            stale = alert_conditions.stale_forecast(None, now=now, screens=self.screens)
            return Seen(tuple(stale), _PUBLISHED - {"forecast"})
        except UnreadableSnapshot as error:
            return Seen((alert_conditions.unreadable_warehouse(str(error), now=now, screens=self.screens),), _PUBLISHED)

    def _read(self, reading: Reading, now: datetime) -> Seen:
        newest = next((issue.issued_at for issue in reading.latest_issue().rows), None)
        conditions = alert_conditions.stale_forecast(newest, now=now, screens=self.screens)
        unknown = set()
        for kind, judge, window in zip(
            _JUDGED,
            (alert_conditions.skill_below_naive, alert_conditions.coverage_out_of_band),
            (SKILL_WINDOW, COVERAGE_WINDOW),
            strict=True,
        ):
            scored = reading.scorecard(start=now - window, end=now, consumer_group=TOTAL).rows
            judged = [one for one in scored if one.forecaster == "forecast" and one.area in AREAS]
            found = judge(judged, start=now - window, screens=self.screens)
            conditions += found or []
            unknown |= {kind} if found is None else set()
        return Seen((*conditions, *self._mirrors(reading)), frozenset(unknown))

    def _mirrors(self, reading: Reading) -> list[Condition]:
        return [
            alert_conditions.lagging_mirror(
                one.subject, one.name, severity=one.severity, since=one.found_at, told=one.told, screens=self.screens
            )
            for one in reading.attention().rows
            if one.kind == MIRROR
        ]


def alert_sensor(checks: Sequence[AssetCheckKey]) -> SensorDefinition:
    """The sensor that tells people what stands, once, and when it is over.

    Args:
        checks: whose findings people are told of.
    """

    @sensor(
        name="alerts",
        minimum_interval_seconds=LOOK_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Tells people when something begins to be wrong, each day that it stays so, and when it is over.",
    )
    def alerts(context: SensorEvaluationContext, messenger: Messenger, lookout: Lookout, clock: Clock) -> SensorResult:
        now, receivers = clock.now(), messenger.receivers()
        seen = lookout.look(context.instance, checks, now=now)
        memories = from_json(context.cursor, [receiver.mark for receiver in receivers])
        said = []
        for receiver in receivers:
            memory = after_look(memories[receiver.mark], seen, now=now)
            due = messages_due(memory, seen, now=now, monitoring=lookout.screens.monitoring)
            memories[receiver.mark], told = _tell(receiver, memory, due[:MOST_AT_ONCE])
            said += [told] if due else []
        summary = f"{len(seen.conditions)} conditions stand; " + ("; ".join(said) or "nothing new to say")
        context.log.info(summary)
        return SensorResult(skip_reason=summary, cursor=to_json(memories))

    return alerts


def _tell(receiver: Receiver, memory: dict[str, Told], due: Sequence[Message]) -> tuple[dict[str, Told], str]:
    """Deliver until one is refused; what the receiver then knows, and what happened in a sentence."""
    for sent, message in enumerate(due):
        tone: Tone = "success" if message.known is None else "failure" if message.severity == "error" else "warning"
        try:
            receiver.deliver(message.title, message.text, tone=tone)
        except NotDelivered as problem:
            return memory, f"{sent} of {len(due)} messages sent: {problem}, trying again at the next look"
        memory = delivered(memory, message)
    return memory, f"{len(due)} messages sent to {receiver.name}"


@sensor(
    name="heartbeat",
    minimum_interval_seconds=60,
    default_status=DefaultSensorStatus.RUNNING,
    description="Asks the dead man's switch once for every issue that was published while it was fresh.",
)
def heartbeat(context: SensorEvaluationContext, pulse: Pulse, lookout: Lookout, clock: Clock) -> SensorResult:
    """Beat once for each fresh issue that is published; a beat that did not arrive is tried again."""
    try:
        newest = lookout.newest_issue()
    except UnreadableSnapshot as error:
        return SensorResult(skip_reason=f"no beat: {error}", cursor=context.cursor)
    if newest is None or clock.now() - newest > STALE_AFTER:
        return SensorResult(skip_reason=f"no beat: the newest issue is {newest or 'not there'}", cursor=context.cursor)
    if context.cursor == newest.isoformat():
        return SensorResult(skip_reason=f"the issue of {newest:%Y-%m-%d %H:%M} UTC was beaten for", cursor=context.cursor)
    try:
        pulse.beat()
    except NotDelivered as problem:
        return SensorResult(skip_reason=f"{problem}; trying again at the next look", cursor=context.cursor)
    return SensorResult(skip_reason=f"beat for the issue of {newest:%Y-%m-%d %H:%M} UTC", cursor=newest.isoformat())
