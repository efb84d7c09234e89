"""The calendars of the platform, and what their keys mean. All are UTC."""

from datetime import UTC, datetime, timedelta

from dagster import (
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    TimeWindow,
    TimeWindowPartitionMapping,
    TimeWindowPartitionsDefinition,
    WeeklyPartitionsDefinition,
)

HISTORY_STARTS = "2018-01-01"
"""First day the calendars reach back to."""

MONTHS = MonthlyPartitionsDefinition(start_date=HISTORY_STARTS, end_offset=1)
"""A key is the month whose hours the partition holds; the running month is one, and is materialized again as it grows."""

WEEKS = WeeklyPartitionsDefinition(start_date=HISTORY_STARTS, day_offset=1, end_offset=1)
"""A key is the Monday of the week in which a model serves; it learned from the time before."""

ISSUE_HOURS = HourlyPartitionsDefinition(start_date=f"{HISTORY_STARTS}T00", fmt="%Y-%m-%dT%H", end_offset=1)
"""A key is the hour at whose start a forecast was issued; the hour that is running is one."""

DAYS = DailyPartitionsDefinition(start_date=HISTORY_STARTS, end_offset=1)
"""A key is the UTC day that the judged hours belong to; the running day is one, and is judged again as truth arrives."""

FEATURE_REACH_HOURS = 24 * 63
"""How far before an issue its features look: four weeks of lags, four more for what stands in for gaps, and a week of room."""

HORIZON_REACH_HOURS = 48

FEATURES_OF_AN_ISSUE = TimeWindowPartitionMapping(
    start_offset=-FEATURE_REACH_HOURS, end_offset=HORIZON_REACH_HOURS, allow_nonexistent_upstream_partitions=True
)
"""From an issue hour to the months that hold what it looks at."""

TRAINING_WEEKS = 218
"""How many weeks before the week it serves a model may learn from: four years, and nine weeks that their first issues look at."""

FEATURES_OF_A_TRAINING = TimeWindowPartitionMapping(
    start_offset=-TRAINING_WEEKS, end_offset=-1, allow_nonexistent_upstream_partitions=True
)
"""From the week a model serves to the months it learns from: they end before the week starts."""

BACKTEST_MONTHS = 53
"""How many months before its own a backtest reads: four years that the first of two months that warm up learns from, the three
months of the nine weeks that their first issues look at, and those two."""

FEATURES_OF_A_BACKTEST = TimeWindowPartitionMapping(
    start_offset=-BACKTEST_MONTHS, end_offset=0, allow_nonexistent_upstream_partitions=True
)
"""From a month of local days that is backtested to the months it learns from, and to itself."""

ISSUES_OF_A_DAY = TimeWindowPartitionMapping(start_offset=-2, end_offset=0, allow_nonexistent_upstream_partitions=True)
"""From a day to the issues that forecast its hours: those of the day and of the two days before."""

TRUTH_OF_A_DAY = TimeWindowPartitionMapping(start_offset=0, end_offset=0, allow_nonexistent_upstream_partitions=True)
"""From a day to the month its hours lie in."""

HISTORY_OF_A_MONTH = TimeWindowPartitionMapping(start_offset=-1, end_offset=0, allow_nonexistent_upstream_partitions=True)
"""From a month to itself and the month before, where its lags of up to four weeks and the first hours of its local days lie."""


def keys_between(calendar: TimeWindowPartitionsDefinition, first: datetime, last: datetime) -> list[str]:
    """Keys of the partitions that hold the moments from `first` to `last`, aware UTC."""
    begin = calendar.time_window_for_partition_key(calendar.get_partition_key_for_timestamp(first.timestamp())).start
    return list(calendar.get_partition_keys_in_time_window(TimeWindow(begin, last + timedelta(microseconds=1))))


def training_months(week_starts: datetime) -> list[str]:
    """Keys of the months that the model of a week may learn from; as `FEATURES_OF_A_TRAINING` maps them.

    Args:
        week_starts: start of the week, naive UTC.
    """
    start = week_starts.replace(tzinfo=UTC)
    earliest = datetime.fromisoformat(HISTORY_STARTS).replace(tzinfo=UTC)
    return keys_between(MONTHS, max(start - timedelta(weeks=TRAINING_WEEKS), earliest), start - timedelta(microseconds=1))
