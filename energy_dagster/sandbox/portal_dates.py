"""Dates as the open data portal writes them: four absolute forms, and words that move with the clock."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

_FORMS = {4: "%Y", 7: "%Y-%m", 10: "%Y-%m-%d", 16: "%Y-%m-%dT%H:%M"}
_WORD = re.compile(r"(now|StartOfDay|StartOfMonth|StartOfYear)(?:([+-])(P.+))?", re.IGNORECASE)
_DURATION = re.compile(
    r"P(?=.)(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=.)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
_EXPECTED = "expected yyyy, yyyy-MM, yyyy-MM-dd, yyyy-MM-ddTHH:mm, or now, StartOfDay, StartOfMonth, StartOfYear (+ written %2B)"


def parse_date(text: str, *, zone: ZoneInfo, now: datetime) -> datetime:
    """The moment a date of the portal means, aware UTC.

    Absolute dates and starts of days, months and years are local to `zone`. Years to days of an offset move the wall clock,
    hours to seconds move the moment.

    Raises:
        ValueError: the text is no such date; the message says what was expected.

    >>> from energy_dagster.sandbox.hours import LOCAL_ZONE
    >>> copenhagen, noon = ZoneInfo(LOCAL_ZONE), datetime(2026, 7, 1, 12, tzinfo=UTC)
    >>> parse_date("2026-07", zone=copenhagen, now=noon).isoformat()
    '2026-06-30T22:00:00+00:00'
    >>> parse_date("StartOfDay-P1DT2H", zone=copenhagen, now=noon).isoformat()
    '2026-06-29T20:00:00+00:00'
    """
    try:
        word = _WORD.fullmatch(text)
        if word is not None:
            return _moving(word, zone=zone, now=now)
        return datetime.strptime(text, _FORMS[len(text)]).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, KeyError, OverflowError) as fault:
        raise ValueError(f"{_EXPECTED}; found {text!r}") from fault


def _moving(word: re.Match[str], *, zone: ZoneInfo, now: datetime) -> datetime:
    wall = _start(word[1].lower(), now.astimezone(zone))
    if word[3] is None:
        return wall.astimezone(UTC)
    duration = _DURATION.fullmatch(word[3])
    if duration is None:
        raise ValueError(word[3])
    sign = 1 if word[2] == "+" else -1
    parts = {unit: sign * int(count) for unit, count in duration.groupdict(default="0").items()}
    date_part = pd.DateOffset(years=parts["years"], months=parts["months"], weeks=parts["weeks"], days=parts["days"])
    moved = (pd.Timestamp(wall.replace(tzinfo=None)) + date_part).to_pydatetime().replace(tzinfo=zone, fold=wall.fold)
    return moved.astimezone(UTC) + timedelta(hours=parts["hours"], minutes=parts["minutes"], seconds=parts["seconds"])


def _start(word: str, wall: datetime) -> datetime:
    if word == "now":
        return wall
    day = wall.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if word == "startofday":
        return day
    return day.replace(day=1) if word == "startofmonth" else day.replace(month=1, day=1)
