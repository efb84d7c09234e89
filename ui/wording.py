"""How times, energies and shares are said: local hours with their zone, thousands with commas, shares in per cent."""

from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from ui.manner import manner

_DAYS_DA = ("man", "tir", "ons", "tor", "fre", "lør", "søn")
_MONTHS_DA = ("jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec")

DENMARK = ZoneInfo("Europe/Copenhagen")
ABSENT = "-"
MWH_PER_GWH = 1000

HOUR = timedelta(hours=1)


def local(moment: datetime) -> datetime:
    """An aware moment in Danish local time."""
    return moment.astimezone(DENMARK)


def day_name(day: date) -> str:
    """A day in words.

    >>> day_name(date(2026, 11, 24))
    'Tue 24 Nov'
    >>> from ui.manner import Manner, speaking
    >>> with speaking(Manner("da")):
    ...     day_name(date(2026, 5, 16))
    'lør 16. maj'
    """
    if manner().language == "da":
        return f"{_DAYS_DA[day.weekday()]} {day.day}. {_MONTHS_DA[day.month - 1]}"
    return f"{day:%a} {day.day} {day:%b}"


def grouped(value: float, *, decimals: int = 0, signed: bool = False) -> str:
    """A number with its thousands apart, as the language writes it.

    >>> grouped(2950.4), grouped(-3.14, decimals=1)
    ('2,950', '-3.1')
    >>> from ui.manner import Manner, speaking
    >>> with speaking(Manner("da")):
    ...     grouped(12345.67, decimals=1, signed=True)
    '+12.345,7'
    """
    text = f"{value:{'+' if signed else ''},.{decimals}f}"
    return text.translate(str.maketrans(",.", ".,")) if manner().language == "da" else text


def clock(moment: datetime) -> str:
    """The local clock at a moment; with its zone where the clock shows the same twice.

    >>> clock(datetime(2026, 10, 25, 0, tzinfo=UTC)), clock(datetime(2026, 10, 25, 1, tzinfo=UTC))
    ('02:00 CEST', '02:00 CET')
    >>> clock(datetime(2026, 10, 25, 2, tzinfo=UTC))
    '03:00'
    """
    here = local(moment)
    doubled = here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset()
    return f"{here:%H:%M %Z}" if doubled else f"{here:%H:%M}"


def hour_span(hour_utc: datetime) -> str:
    """A local hour in words; it ends an hour later on the clock it began on.

    >>> hour_span(datetime(2026, 11, 24, 17, tzinfo=UTC))
    'Tue 24 Nov 18:00-19:00 CET'
    >>> hour_span(datetime(2026, 10, 25, 0, tzinfo=UTC))
    'Sun 25 Oct 02:00-03:00 CEST'
    """
    here = local(hour_utc)
    return f"{day_name(here.date())} {here:%H:%M}-{(here.hour + 1) % 24:02d}:{here:%M} {here:%Z}"


def hour_start(hour_utc: datetime) -> str:
    """The start of a local hour in few words; the zone only where the clock shows the same twice.

    >>> hour_start(datetime(2026, 11, 24, 17, tzinfo=UTC)), hour_start(datetime(2026, 10, 25, 1, tzinfo=UTC))
    ('Tue 24 Nov 18:00', 'Sun 25 Oct 02:00 CET')
    """
    return f"{day_name(local(hour_utc).date())} {clock(hour_utc)}"


def moment_name(moment: datetime) -> str:
    """A moment in words.

    >>> moment_name(datetime(2026, 11, 22, 10, tzinfo=UTC))
    'Sun 22 Nov 2026, 11:00 CET'
    """
    here = local(moment)
    return f"{day_name(here.date())} {here.year}, {here:%H:%M %Z}"


def short_moment(moment: datetime) -> str:
    """A moment in few words, for choices and tables.

    >>> short_moment(datetime(2026, 11, 22, 10, tzinfo=UTC))
    'Sun 22 Nov 11:00 CET'
    """
    here = local(moment)
    return f"{day_name(here.date())} {here:%H:%M %Z}"


def megawatt_hours(value: float | None) -> str:
    """An energy in MWh without its unit; one decimal below ten.

    >>> megawatt_hours(2950.4), megawatt_hours(3.14), megawatt_hours(None)
    ('2,950', '3.1', '-')
    """
    if value is None:
        return ABSENT
    return grouped(value, decimals=1 if 0 < abs(value) < 10 else 0)


def gigawatt_hours(value_mwh: float) -> str:
    """An energy given in MWh, said in GWh without its unit.

    >>> gigawatt_hours(98_412)
    '98.4'
    """
    return grouped(value_mwh / MWH_PER_GWH, decimals=1)


def per_cent(share: float | None, *, signed: bool = False, decimals: Literal[0, 1] = 0) -> str:
    """A share in per cent.

    >>> per_cent(0.423), per_cent(-0.0312, signed=True, decimals=1), per_cent(None)
    ('42 %', '-3.1 %', '-')
    """
    if share is None:
        return ABSENT
    return f"{grouped(share * 100, decimals=decimals, signed=signed)} %"


def local_day(day: date) -> tuple[datetime, datetime]:
    """Start and end of a local day, aware UTC: 23, 24 or 25 hours apart."""
    start = datetime(day.year, day.month, day.day, tzinfo=DENMARK)
    after = day + timedelta(days=1)
    return start.astimezone(UTC), datetime(after.year, after.month, after.day, tzinfo=DENMARK).astimezone(UTC)


def local_day_hours(day: date) -> list[datetime]:
    """Every hour of a local day, as aware UTC starts.

    >>> [len(local_day_hours(date(2026, month, day))) for month, day in ((3, 29), (6, 1), (10, 25))]
    [23, 24, 25]
    """
    start, end = local_day(day)
    return [start + n * HOUR for n in range(int((end - start) / HOUR))]


def recent_days(now: datetime, count: int) -> list[date]:
    """The local days that have ended before now, newest first.

    >>> recent_days(datetime(2026, 11, 22, 23, 30, tzinfo=UTC), 2)
    [datetime.date(2026, 11, 22), datetime.date(2026, 11, 21)]
    """
    today = local(now).date()
    return [today - timedelta(days=n) for n in range(1, count + 1)]
