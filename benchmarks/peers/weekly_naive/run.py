"""The same hour a week earlier: what every forecast is measured against."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pandas as pd
import protocol


class WeeklyNaive:
    """Repeats last week; a null hour there is the week's before. No quantiles but the line."""

    def __init__(self, country: str) -> None:
        self.country = country  # unused: it knows no holidays

    def fit(self, known: "pd.Series[float]") -> None:
        """Nothing to learn."""

    def forecast(self, known: "pd.Series[float]", issue: protocol.Issue) -> pd.DataFrame:
        """The load 168 hours before each hour."""
        a_week_before = protocol.filled(known.iloc[-5 * 168 :]).shift(freq="168h")
        return pd.DataFrame({"q50": a_week_before.reindex(issue.hours)})


if __name__ == "__main__":
    protocol.run("weekly_naive", WeeklyNaive, packages=("pandas",))
