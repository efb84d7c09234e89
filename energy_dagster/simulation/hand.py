"""The hand of the simulated clock: a file that every part of the platform reads the present from."""

from datetime import datetime
from pathlib import Path


def move_to(hand: Path, moment: datetime) -> None:
    """Set the clock; whoever reads it meanwhile sees the old time or the new one."""
    beside = hand.with_suffix(".next")
    beside.write_text(moment.isoformat(), encoding="ascii")
    beside.replace(hand)
