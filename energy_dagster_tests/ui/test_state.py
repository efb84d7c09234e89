from datetime import UTC, date, datetime

import pytest

from ui.state import DEFAULT_LEAD, ForecastChoice, MonitoringChoice, issue_key


def test_an_issue_survives_the_address() -> None:
    issued_at = datetime(2026, 10, 25, 1, tzinfo=UTC)
    assert ForecastChoice(issue=issue_key(issued_at)).issued_at == issued_at


def test_the_newest_issue_and_yesterday_are_the_defaults() -> None:
    assert ForecastChoice().issued_at is None
    assert MonitoringChoice().shown_day is None
    assert MonitoringChoice(day="2026-10-25").shown_day == date(2026, 10, 25)


def test_an_issue_that_is_no_time_is_refused_with_a_reason() -> None:
    with pytest.raises(ValueError, match="soon"):
        _ = ForecastChoice(issue="soon").issued_at


def test_values_that_an_address_gives_as_numbers_are_taken_as_text() -> None:
    choice = MonitoringChoice()
    choice.accept({"period": 7, "consumer_group": 431})
    assert (choice.period, choice.consumer_group) == ("7", "431")


def test_a_value_that_cannot_be_chosen_is_left_out() -> None:
    choice = MonitoringChoice()
    choice.accept({"lead": "99-99", "area": "DK1"})
    assert (choice.lead, choice.area) == (DEFAULT_LEAD, "DK1")


def test_links_between_the_pages_keep_the_series() -> None:
    assert ForecastChoice(area="DK2").link_to("monitoring") == "monitoring?area=DK2&group=total&lang=en&light=light"
