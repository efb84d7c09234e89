"""LightGBM as sktime reduces it to a table: the recipe of this project's ancestors; recursive, every sixth day."""

import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import protocol  # before all that reads the number of threads

# isort: split
import lightgbm
import pandas as pd
from sktime.forecasting.compose import make_reduction
from sktime.transformations.series.date import DateTimeFeatures
from sktime.transformations.series.summarize import WindowSummarizer

WINDOW_HOURS = 365 * 24
"""Hours learnt from. The ancestors had thirty days; a year is kinder, and more costs too much."""

LAGS = {"lag": list(range(1, 73)), "mean": [[1, 24], [1, 48], [1, 72]], "std": [[1, 24], [1, 48]]}
EVERY_DAYS = 6
"""Prime to the seven weekdays, so that each is seen."""


class SkTime:
    """One model that is fed its own forecasts; hour and weekday by UTC and no holidays, as its ancestors had it."""

    def __init__(self, country: str) -> None:
        self.country = country  # unused: it knows no holidays
        self.calendar = DateTimeFeatures(manual_selection=["day_of_week", "hour_of_day"], keep_original_columns=False)
        self.model = make_reduction(
            lightgbm.LGBMRegressor(n_estimators=1000, learning_rate=0.1, num_threads=1, seed=1, verbose=-1),
            transformers=[WindowSummarizer(lag_feature=LAGS, n_jobs=1)],
            strategy="recursive",
            pooling="global",
            window_length=None,
        )

    def fit(self, known: "pd.Series[float]") -> None:
        """Fit on the last year."""
        load = protocol.filled(known).iloc[-WINDOW_HOURS:].rename("load").to_frame()
        self.model.fit(load, X=self._hours(load.index), fh=list(range(1, protocol.LONGEST_STEP + 1)))

    def forecast(self, known: "pd.Series[float]", issue: protocol.Issue) -> pd.DataFrame:
        """The line alone: the recipe has no quantiles."""
        newer = protocol.filled(known).loc[self.model.cutoff[0] :].iloc[1:].rename("load").to_frame()
        if len(newer):
            self.model.update(newer, X=self._hours(newer.index), update_params=False)
        steps = list(range(1, len(issue.horizon) + 1))
        return self.model.predict(fh=steps, X=self._hours(issue.horizon)).rename(columns={"load": "q50"})

    def _hours(self, hours_utc: pd.DatetimeIndex) -> pd.DataFrame:
        return self.calendar.fit_transform(pd.DataFrame({"any": 0.0}, hours_utc))


if __name__ == "__main__":
    # sktime 1.2: tells at every fit that a default changes in 1.3; the lock file holds 1.2.
    warnings.filterwarnings("ignore", message=".*remember_data", category=FutureWarning)
    protocol.run("sktime", SkTime, packages=("sktime", "lightgbm", "pandas"), every_days=EVERY_DAYS)
