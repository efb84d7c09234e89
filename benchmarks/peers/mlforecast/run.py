"""LightGBM with mlforecast: lags that are known at the gate for every hour, so nothing is fed back; conformal quantiles."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import protocol  # before all that reads the number of threads
from calendar_features import calendar

# isort: split
import lightgbm
import pandas as pd
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMean
from mlforecast.utils import PredictionIntervals

DAILY_LAGS = (48, 72, 96, 120, 144, 168, 192, 336, 504, 672)
LEVELS = {"90": ("q05", "q95"), "80": ("q10", "q90"), "60": ("q20", "q80"), "40": ("q30", "q70"), "20": ("q40", "q60")}
CALIBRATION = PredictionIntervals(n_windows=30, h=48)
"""The last 60 days, two at a time: scores of one step are all of one clock hour."""


class MlForecast:
    """One model, one row an hour, four years of them."""

    def __init__(self, country: str) -> None:
        self.country = country
        self.fitted_to = pd.Timestamp(0)
        self.model = MLForecast(
            models={"load": lightgbm.LGBMRegressor(n_estimators=500, learning_rate=0.05, num_threads=1, seed=1, verbose=-1)},
            freq="h",
            lags=list(DAILY_LAGS),
            lag_transforms={
                protocol.LONGEST_STEP: [RollingMean(24)],
                protocol.LAG_HOURS_KNOWN_AT_GATE: [RollingMean(168)],
            },
            num_threads=1,
        )

    def fit(self, known: "pd.Series[float]") -> None:
        """Fit the model, and calibrate its intervals on the newest 60 days."""
        self.model.fit(self._rows(known), static_features=[], prediction_intervals=CALIBRATION)
        self.fitted_to = known.index[-1]

    def forecast(self, known: "pd.Series[float]", issue: protocol.Issue) -> pd.DataFrame:
        """The line and five central intervals."""
        if issue.newest_hour > self.fitted_to:
            self.model.update(self._rows(known.iloc[-8 * 168 :]).query("ds > @self.fitted_to"))
            self.fitted_to = issue.newest_hour
        future = calendar(issue.horizon, self.country).rename_axis("ds").reset_index().assign(unique_id="load")
        rows = self.model.predict(len(future), X_df=future, level=[int(level) for level in LEVELS]).set_index("ds")
        names = {"load": "q50"}
        for level, (low, high) in LEVELS.items():
            names |= {f"load-lo-{level}": low, f"load-hi-{level}": high}
        return rows.rename(columns=names)[list(names.values())]

    def _rows(self, known: "pd.Series[float]") -> pd.DataFrame:
        hours = calendar(known.index, self.country)
        return hours.assign(y=protocol.filled(known), unique_id="load").rename_axis("ds").reset_index()


if __name__ == "__main__":
    protocol.run("mlforecast", MlForecast, packages=("mlforecast", "lightgbm", "pandas"))
