"""What people decided about models, kept beside them for ever: `<lake>/decisions/<time>-<digest>.json`.

A training judges its own model; a decision overrules it from the week it is made in, so that a replay of earlier weeks is served as
those weeks were.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from upath import UPath

from energy_dagster.io_managers.lake import Version, written_at
from energy_dagster.storage.files import StorageError, files_below, reporting, write_whole

FOLDER: Final = "decisions"
Action = Literal["promoted", "withdrawn"]
Standing = Literal["champion", "superseded", "withdrawn"]
"""How a decision leaves a model: it serves, an older one was preferred to it, or it is not to serve."""


@dataclass(frozen=True)
class Decision:
    """One decision about one model.

    Attributes:
        decided_at: when, by the machine's clock, aware UTC.
        action: `promoted`: it serves, before every model that was there; `withdrawn`: it does not serve.
        week: the week the model was trained for.
        version: its version in that week.
        model_version: its identity, as forecasts name it.
        decided_by: who decided.
        reason: why, in a sentence.
    """

    decided_at: datetime
    action: Action
    week: str
    version: str
    model_version: str
    decided_by: str
    reason: str

    def says_of(self, version: Version) -> Standing | None:
        """How this decision leaves a version; None where it says nothing of it."""
        this, other = (self.week, self.version), (version.partition, version.version)
        if this == other:
            return "champion" if self.action == "promoted" else "withdrawn"
        return "superseded" if self.action == "promoted" and other > this and written_at(version) < self.decided_at else None


def week_of(moment: datetime) -> str:
    """The key of the week a moment lies in: its Monday, UTC.

    >>> week_of(datetime(2026, 11, 29, 23, tzinfo=UTC)), week_of(datetime(2026, 11, 30, tzinfo=UTC))
    ('2026-11-23', '2026-11-30')
    """
    day = moment.astimezone(UTC).date()
    return (day - timedelta(days=day.weekday())).isoformat()


def standing_of(version: Version, decisions: Sequence[Decision], *, week: str | None) -> Standing | None:
    """How the newest decision that counts in a week leaves a version; None where none says anything of it.

    Args:
        version: a model.
        decisions: oldest first.
        week: the key of a week, in which the decisions made up to its end count; None for all.
    """
    counted = (one for one in reversed(decisions) if week is None or week_of(one.decided_at) <= week)
    return next((said for one in counted if (said := one.says_of(version)) is not None), None)


class Decisions:
    """The decisions kept below a lake's root."""

    def __init__(self, root: str) -> None:
        self._root = UPath(root).absolute() / FOLDER

    def keep(self, decision: Decision) -> None:
        """Keep a decision.

        Raises:
            StorageError: the storage cannot be written.
        """
        said = asdict(decision) | {"decided_at": decision.decided_at.astimezone(UTC).isoformat()}
        text = json.dumps(said, indent=2).encode()
        name = f"{decision.decided_at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}-{hashlib.sha256(text).hexdigest()[:8]}.json"
        write_whole(self._root / name, text)

    def listing(self) -> list[Decision]:
        """Every decision, oldest first.

        Raises:
            StorageError: the storage cannot be read, or a decision is damaged; the message names the file.
        """
        names = sorted(path[0] for path in files_below(self._root) if len(path) == 1 and path[0].endswith(".json"))
        return [self._read(self._root / name) for name in names]

    def _read(self, path: UPath) -> Decision:
        with reporting("read", path):
            text = path.read_bytes()
        try:
            said = json.loads(text)
            return Decision(**said | {"decided_at": datetime.fromisoformat(said["decided_at"]).astimezone(UTC)})
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(f"cannot read {path}: expected a decision, found {type(error).__name__}: {error}") from error
