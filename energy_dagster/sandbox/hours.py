"""Hours as whole numbers: hour n starts n hours after 1970-01-01T00:00Z. No time zone can slip into them."""

from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from energy_dagster.domain.calendar import DENMARK

FloatArray = npt.NDArray[np.float64]
HourArray = npt.NDArray[np.int64]

LOCAL_ZONE = DENMARK.key
_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)


def hour_number(moment: datetime) -> int:
    """The hour an aware moment lies in.

    >>> hour_number(datetime(1970, 1, 2, 3, 59, tzinfo=UTC))
    27
    """
    return (moment - _UNIX_EPOCH) // _HOUR


def first_hour_from(moment: datetime) -> int:
    """The first hour that starts at or after an aware moment.

    >>> first_hour_from(datetime(1970, 1, 2, 3, 1, tzinfo=UTC))
    28
    """
    return -(-(moment - _UNIX_EPOCH) // _HOUR)


def hour_start(hour: int) -> datetime:
    """The start of an hour, aware UTC."""
    return _UNIX_EPOCH + hour * _HOUR


def published_before(now: datetime, delay: timedelta) -> int:
    """The first hour not yet published: an hour is out once it has ended and the delay has passed.

    >>> hour_start(published_before(datetime(2026, 1, 1, 12, tzinfo=UTC), timedelta(hours=2))).hour
    10
    """
    return hour_number(now - delay)


def utc_stamps(hours: HourArray) -> pd.DatetimeIndex:
    """Starts of hours, naive UTC."""
    return pd.DatetimeIndex(hours.astype("datetime64[h]").astype("datetime64[ns]"))


def local_stamps(hours: HourArray) -> pd.DatetimeIndex:
    """Starts of hours on Danish clocks, naive: an hour repeats in October, one is skipped in March."""
    return utc_stamps(hours).tz_localize("UTC").tz_convert(LOCAL_ZONE).tz_localize(None)
