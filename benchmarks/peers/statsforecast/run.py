"""MSTL with statsforecast: daily and weekly seasons, exponential smoothing of the trend, its own intervals; every second day."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import protocol  # before all that reads the number of threads

# isort: split
import pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import MSTL

WINDOW_HOURS = 12 * 168
LEVELS = {"90": ("q05", "q95"), "80": ("q10", "q90"), "60": ("q20", "q80"), "40": ("q30", "q70"), "20": ("q40", "q60")}


class SeasonalTrend:
    """Decomposes the last twelve weeks anew at every issue; knows no calendar beyond its seasons."""

    def __init__(self, country: str) -> None:
        self.country = country  # unused: it knows no holidays
        self.model = StatsForecast(models=[MSTL(season_length=[24, 168])], freq="h", n_jobs=1)

    def fit(self, known: "pd.Series[float]") -> None:
        """Nothing is kept from one issue to the next."""

    def forecast(self, known: "pd.Series[float]", issue: protocol.Issue) -> pd.DataFrame:
        """The line and five central intervals."""
        load = protocol.filled(known.iloc[-WINDOW_HOURS - 4 * 168 :]).iloc[-WINDOW_HOURS:]
        rows = load.rename("y").rename_axis("ds").reset_index().assign(unique_id="load")
        made = self.model.forecast(df=rows, h=len(issue.horizon), level=[int(level) for level in LEVELS]).set_index("ds")
        names = {"MSTL": "q50"}
        for level, (low, high) in LEVELS.items():
            names |= {f"MSTL-lo-{level}": low, f"MSTL-hi-{level}": high}
        return made.rename(columns=names)[list(names.values())]


if __name__ == "__main__":
    protocol.run("statsforecast", SeasonalTrend, packages=("statsforecast", "pandas"), every_days=2)
