"""What the quality flags of an hour mean, in words for the documentation."""

from typing import Final

from energy_dagster.domain.tables import Quality

MEANINGS: Final[dict[Quality, str]] = {
    "ok": "measured; consumption_mwh is what was published. Only these hours are learned from and judged by",
    "missing": "nothing was published",
    "duplicate": "the source gave two values that contradict each other",
    "spike": "far from what the same hour of the days before was",
    "zero": "exactly zero, which a whole price area never is",
    "stuck": "the same value for the third hour or longer",
    "negative": "below zero",
    "imputed": "nothing was published; consumption_mwh is estimated from the hours around and the week before",
    "merged_dst": "two hours of the night when clocks go back were published as one; consumption_mwh is half of their sum",
}
"""By flag, in the order of the contract."""

DESCRIPTION: Final = "; ".join(f"{flag}: {meaning}" for flag, meaning in MEANINGS.items())
"""All of them in one line."""
