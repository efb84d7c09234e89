"""The few numbers that sum up a forecast: its peak, the energy of its days, the change since last week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from energy_dagster.store.rows import ActualHour, ForecastHour
from ui.charts.fan import P50
from ui.wording import local, local_day_hours

NEXT_HOURS = 24
"""How many hours of an issue its summary speaks of."""


@dataclass(frozen=True)
class DayEnergy:
    """Energy of a local day, measured where known and forecast elsewhere; `hours_known` of `hours` went into it."""

    day: date
    energy_mwh: float
    hours_known: int
    hours: int

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
    known: dict[datetime, float] = {row.hour_utc: row.quantiles[P50] for row in day_ahead}
    known |= {row.hour_utc: row.quantiles[P50] for row in forecast}
    known |= {row.hour_utc: row.consumption_mwh for row in actuals if row.consumption_mwh is not None}
    hours = local_day_hours(day)
    values = [known[hour] for hour in hours if hour in known]
    return DayEnergy(day, sum(values), len(values), len(hours))


def two_days(
    forecast: Sequence[ForecastHour], *, actuals: Sequence[ActualHour], day_ahead: Sequence[ForecastHour]
) -> list[DayEnergy]:
    """Energy of the issue's own local day and of the next; none without a forecast."""
    if not forecast:
        return []
    today = local(forecast[0].issued_at).date()
    return [day_energy(day, forecast=forecast, actuals=actuals, day_ahead=day_ahead) for day in (today, today + timedelta(days=1))]
