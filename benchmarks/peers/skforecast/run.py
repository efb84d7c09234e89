"""LightGBM with skforecast: recursive, from the newest known hours on; conformal intervals on residuals out of sample."""

import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import protocol  # before all that reads the number of threads
from calendar_features import calendar

# isort: split
import lightgbm
import pandas as pd
from skforecast.exceptions import ResidualsUsageWarning
from skforecast.model_selection import TimeSeriesFold, backtesting_forecaster
from skforecast.preprocessing import RollingFeatures
from skforecast.recursive import ForecasterRecursive

LAGS = [1, 2, 3, 23, 24, 25, 47, 48, 49, 71, 72, 73, 167, 168, 169, 335, 336, 337, 504, 672]
INTERVALS = {0.9: ("q05", "q95"), 0.8: ("q10", "q90"), 0.6: ("q20", "q80"), 0.4: ("q30", "q70"), 0.2: ("q40", "q60")}
CALIBRATION_HOURS = 60 * 24
STEPS_BEFORE_DELIVERY = 16
"""Hours between the newest known and the first of the delivery day: their residuals are too small to tell of its own."""


def forecaster() -> ForecasterRecursive:
    """An unfitted model: lags, the level of the last day and week, the calendar."""
    return ForecasterRecursive(
        estimator=lightgbm.LGBMRegressor(n_estimators=500, learning_rate=0.05, num_threads=1, seed=1, verbose=-1),
        lags=LAGS,
        window_features=RollingFeatures(stats=["mean", "mean"], window_sizes=[24, 168]),
    )


class SkForecast:
    """One model that is fed its own forecasts of the hours in between."""

    def __init__(self, country: str) -> None:
        self.country = country
        self.model = forecaster()

    def fit(self, known: "pd.Series[float]") -> None:
        """Fit on everything, after an earlier model has shown its residuals on the newest 60 days."""
        load, hours = protocol.filled(known), calendar(known.index, self.country)
        held_out = TimeSeriesFold(
            steps=24, gap=STEPS_BEFORE_DELIVERY, initial_train_size=len(load) - CALIBRATION_HOURS, refit=False, verbose=False
        )
        _, shown = backtesting_forecaster(
            forecaster(), y=load, exog=hours, cv=held_out, metric="mean_absolute_error", n_jobs=1, show_progress=False
        )
        self.model = forecaster()
        self.model.fit(y=load, exog=hours, store_in_sample_residuals=True)
        self.model.set_out_sample_residuals(y_true=load[shown.index], y_pred=shown["pred"])

    def forecast(self, known: "pd.Series[float]", issue: protocol.Issue) -> pd.DataFrame:
        """The line and five central intervals."""
        newest = protocol.filled(known.iloc[-10 * 168 :]).iloc[-self.model.window_size :]
        future = calendar(issue.horizon, self.country)
        quantiles = {}
        for coverage, (low, high) in INTERVALS.items():
            rows = self.model.predict_interval(
                steps=len(future),
                last_window=newest,
                exog=future,
                method="conformal",
                interval=coverage,
                use_in_sample_residuals=False,
            )
            quantiles |= {low: rows["lower_bound"], "q50": rows["pred"], high: rows["upper_bound"]}
        return pd.DataFrame(quantiles)


if __name__ == "__main__":
    # skforecast: in some months no held-out hour is as low as the lowest of four years; it then samples from all hours.
    warnings.simplefilter("ignore", ResidualsUsageWarning)
    protocol.run("skforecast", SkForecast, packages=("skforecast", "lightgbm", "pandas"))
