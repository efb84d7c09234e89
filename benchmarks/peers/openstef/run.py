"""XGBoost with OpenSTEF's own preset: its lags, holidays, daylight and checks; quantiles of one model."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import protocol  # before all that reads the number of threads

# isort: split
from datetime import timedelta
from decimal import Decimal

import pandas as pd
from openstef_core.datasets import TimeSeriesDataset
from openstef_core.types import LeadTime, Q
from openstef_models.presets import ForecastingWorkflowConfig, create_forecasting_workflow
from openstef_models.presets.forecasting_workflow import LocationConfig
from openstef_models.workflows import CustomForecastingWorkflow
from pydantic_extra_types.coordinate import Coordinate, Latitude, Longitude
from pydantic_extra_types.country import CountryAlpha2

HISTORY = timedelta(days=14)
HOUR = timedelta(hours=1)
PREDICT_HOURS = 42 * 24
"""The history given with each forecast: three times what the preset's longest lag needs."""

CENTRES = {"DK": ("56.0", "10.5"), "DE": ("51.2", "10.4")}


def workflow(country: str) -> CustomForecastingWorkflow:
    """The preset for hours up to 48 ahead, nothing stored, no weather."""
    latitude, longitude = CENTRES[country]
    centre = Coordinate(latitude=Latitude(Decimal(latitude)), longitude=Longitude(Decimal(longitude)))
    return create_forecasting_workflow(
        ForecastingWorkflowConfig(
            model_id="load",
            model="xgboost",
            quantiles=[Q(level) for level in protocol.QUANTILES.values()],
            sample_interval=HOUR,
            horizons=[LeadTime.from_string("PT48H")],
            location=LocationConfig(name=country, coordinate=centre, country_code=CountryAlpha2(country)),
            predict_history=HISTORY,
            cutoff_history=HISTORY,
            mlflow_storage=None,
        )
    )


class OpenStef:
    """One model of all quantiles; null hours are left to OpenSTEF."""

    def __init__(self, country: str) -> None:
        self.country = country
        self.workflow = workflow(country)

    def fit(self, known: "pd.Series[float]") -> None:
        """Fit a new workflow on everything known."""
        self.workflow = workflow(self.country)
        self.workflow.fit(dataset(known))

    def forecast(self, known: "pd.Series[float]", issue: protocol.Issue) -> pd.DataFrame:
        """All quantiles from the newest known hour on."""
        newest = known.iloc[-PREDICT_HOURS:]
        history = newest.reindex(newest.index.union(issue.horizon))
        made = self.workflow.predict(dataset(history), forecast_start=issue.horizon[0].tz_localize("UTC").to_pydatetime()).data
        names = {Q(level).format(): name for name, level in protocol.QUANTILES.items()}
        return made.tz_convert("UTC").tz_localize(None).rename(columns=names)[list(protocol.QUANTILES)]


def dataset(load: "pd.Series[float]") -> TimeSeriesDataset:
    """The load alone, by aware UTC hour, as OpenSTEF takes it."""
    return TimeSeriesDataset(load.tz_localize("UTC").rename("load").to_frame(), sample_interval=HOUR)


if __name__ == "__main__":
    protocol.run("openstef", OpenStef, packages=("openstef", "xgboost-cpu", "pandas"))
