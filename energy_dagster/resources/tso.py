"""The transmission system operator's own day-ahead forecast, from the ENTSO-E Transparency Platform, read by `entsoe-py`."""

from datetime import datetime
from typing import Any

import pandas as pd
from dagster import ConfigurableResource
from pydantic import Field

from energy_dagster.domain.availability import aware_utc, naive_utc
from energy_dagster.domain.contracts import empty
from energy_dagster.domain.tables import RAW_TSO_FORECAST
from energy_dagster.resources.sources import SourceError

NAME = "ENTSO-E"
AREAS: dict[str, str] = {"DK1": "DK_1", "DK2": "DK_2"}
"""The client's names of the price areas."""

DAY_AHEAD = "A01"
"""Process type of the day-ahead forecast of the load (document type A65)."""

TIMEOUT_SECONDS, TRIES, SECONDS_BETWEEN_TRIES = 60, 3, 5


class TsoForecasts(ConfigurableResource):  # type: ignore[type-arg]
    """Reads the day-ahead load forecast of DK1 and DK2."""

    token: str | None = Field(default=None, description="Security token of the platform")

    def fetch(self, start: datetime, end: datetime, *, now: datetime) -> pd.DataFrame:
        """The forecast of a window; quarters of an hour become their hour's mean.

        Args:
            start: first hour, naive UTC.
            end: hour after the last, naive UTC; may lie ahead.
            now: the present, aware UTC.

        Returns:
            Rows of `raw_tso_forecast`; MWh; none where nothing was published.

        Raises:
            SourceError: there is no token, the platform is down, or refuses it.
        """
        if self.token is None:
            raise SourceError(NAME, "a token in ENERGY_ENTSOE_TOKEN", "none")
        if start >= end:
            return empty(RAW_TSO_FORECAST)
        frames = [self._area(area, start, end) for area in AREAS]
        rows = pd.concat(frames, ignore_index=True)
        return rows.assign(fetched_at=pd.Timestamp(naive_utc(now)).as_unit("us"))[list(RAW_TSO_FORECAST.names)]

    def _area(self, area: str, start: datetime, end: datetime) -> pd.DataFrame:
        from entsoe import EntsoePandasClient  # noqa: PLC0415 - an extra, and only there with a token
        from entsoe.exceptions import NoMatchingDataError  # noqa: PLC0415
        from requests import RequestException  # noqa: PLC0415

        client = EntsoePandasClient(
            api_key=self.token, timeout=TIMEOUT_SECONDS, retry_count=TRIES, retry_delay=SECONDS_BETWEEN_TRIES
        )
        window = {"start": pd.Timestamp(aware_utc(start)), "end": pd.Timestamp(aware_utc(end))}
        try:
            found = client.query_load_forecast(AREAS[area], process_type=DAY_AHEAD, **window)
        except NoMatchingDataError:
            return _hourly(area, pd.Series(dtype="float64", index=pd.DatetimeIndex([], tz="UTC")), start, end)
        except (RequestException, ValueError, KeyError, AttributeError) as error:
            told = str(error).replace(str(self.token), "***")
            raise SourceError(NAME, f"the day-ahead forecast of {area}", f"{type(error).__name__}: {told}") from None
        return _hourly(area, found.iloc[:, 0], start, end)


def _hourly(area: str, megawatts: "pd.Series[Any]", start: datetime, end: datetime) -> pd.DataFrame:
    times = pd.DatetimeIndex(megawatts.index).tz_convert("UTC").tz_localize(None).as_unit("us")
    hourly = pd.Series(megawatts.to_numpy(dtype="float64"), index=times).groupby(times.floor("h")).mean().dropna()
    rows = pd.DataFrame({"hour_utc": hourly.index, "area": area, "forecast_mwh": hourly.to_numpy()})
    return rows[(rows["hour_utc"] >= start) & (rows["hour_utc"] < end)]
