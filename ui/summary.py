"""The few numbers that sum up a forecast: its peak, the energy of its days, the change since last week, how it turned out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import fmean
from typing import NamedTuple, Self

from energy_dagster.store.rows import ActualHour, ForecastHour
from ui.charts.fan import P10, P50, P90
from ui.wording import local, local_day_hours

NEXT_HOURS = 24
"""How many hours of an issue its summary speaks of."""


@dataclass(frozen=True)
class DayEnergy:
    """Energy of a local day, measured where known and forecast elsewhere; `hours_known` of `hours` went into it.

    `low_mwh` and `high_mwh` are the sums of P10 and of P90, measured hours counted as they are. They hold 80 % if all hours err
    together, and more than that the less they do. `measured_mwh` is what the day came to, once every hour of it is measured.
    """

    day: date
    energy_mwh: float
    low_mwh: float
    high_mwh: float
    hours_known: int
    hours: int
    measured_mwh: float | None = None

    @property
    def is_measured(self) -> bool:
        """Whether nothing of it is forecast."""
        return self.low_mwh == self.high_mwh

    @property
    def is_complete(self) -> bool:
        """Whether every hour of the day is in the sum."""
        return self.hours_known == self.hours


def next_hours(forecast: Sequence[ForecastHour]) -> list[ForecastHour]:
    """The first 24 hours of an issue."""
    return sorted(forecast, key=lambda row: row.hour_utc)[:NEXT_HOURS]


def peak(forecast: Sequence[ForecastHour]) -> ForecastHour | None:
    """The hour of the next 24 with the highest forecast line."""
    return max(next_hours(forecast), key=lambda row: row.quantiles[P50], default=None)


def change_since_last_week(forecast: Sequence[ForecastHour]) -> float | None:
    """Relative change of the next 24 hours against the same hours a week earlier, over the hours known in both."""
    pairs = [(row.quantiles[P50], row.naive_mwh) for row in next_hours(forecast) if row.naive_mwh is not None]
    before = sum(naive for _, naive in pairs)
    return sum(line for line, _ in pairs) / before - 1 if before else None


def day_energy(
    day: date, *, forecast: Sequence[ForecastHour], actuals: Sequence[ActualHour], day_ahead: Sequence[ForecastHour]
) -> DayEnergy:
    """Energy of a local day: what was measured, else this forecast, else the day-ahead one."""
    known = {row.hour_utc: _Spread.of(row) for row in day_ahead}
    known |= {row.hour_utc: _Spread.of(row) for row in forecast}
    known |= {row.hour_utc: _Spread(*[row.consumption_mwh] * 3) for row in actuals if row.consumption_mwh is not None}
    hours = local_day_hours(day)
    values = [known[hour] for hour in hours if hour in known]
    return DayEnergy(
        day,
        energy_mwh=sum(value.line for value in values),
        low_mwh=sum(value.low for value in values),
        high_mwh=sum(value.high for value in values),
        hours_known=len(values),
        hours=len(hours),
    )


class _Spread(NamedTuple):
    """The energy of an hour in MWh: P10, P50, P90, all the same where it is measured."""

    low: float
    line: float
    high: float

    @classmethod
    def of(cls, row: ForecastHour) -> Self:
        return cls(row.quantiles[P10], row.quantiles[P50], row.quantiles[P90])


@dataclass(frozen=True)
class Hindsight:
    """How a forecast turned out over the hours measured since; the naive's error is over the hours whose naive is known."""

    hours: int
    mae_mwh: float
    naive_mae_mwh: float | None
    inside_80: float


def hindsight(forecast: Sequence[ForecastHour], actuals: Sequence[ActualHour]) -> Hindsight | None:
    """A forecast against what was measured of its hours; None when nothing has been yet."""
    truth = {row.hour_utc: row.consumption_mwh for row in actuals if row.consumption_mwh is not None}
    pairs = [(row, truth[row.hour_utc]) for row in forecast if row.hour_utc in truth]
    if not pairs:
        return None
    naive = [abs(row.naive_mwh - actual) for row, actual in pairs if row.naive_mwh is not None]
    return Hindsight(
        hours=len(pairs),
        mae_mwh=fmean(abs(row.quantiles[P50] - actual) for row, actual in pairs),
        naive_mae_mwh=fmean(naive) if naive else None,
        inside_80=fmean(row.quantiles[P10] <= actual <= row.quantiles[P90] for row, actual in pairs),
    )


def hour_shown(forecast: Sequence[ForecastHour], wanted: datetime | None) -> ForecastHour | None:
    """The hour that is wanted, or the peak where none is or the forecast has it not."""
    return next((row for row in forecast if row.hour_utc == wanted), None) or peak(forecast)


def two_days(
    forecast: Sequence[ForecastHour], *, actuals: Sequence[ActualHour], day_ahead: Sequence[ForecastHour]
) -> list[DayEnergy]:
    """Energy of the issue's own local day and of the next; none without a forecast."""
    if not forecast:
        return []
    today = local(forecast[0].issued_at).date()
    return [day_energy(day, forecast=forecast, actuals=actuals, day_ahead=day_ahead) for day in (today, today + timedelta(days=1))]
