from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_dagster.domain.calendar import is_public_holiday
from energy_dagster.domain.days_off import country_of, holiday_share, holiday_shares

DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
AREAS = st.sampled_from(["DK", "DK1", "DK2", "SE3", "NO5", "DE-LU", "DE", "NL", "FR", "PL", "GR", "UK", "North", "XX1"])


@pytest.mark.parametrize(
    ("area", "country"),
    [
        ("DK", "DK"),
        ("DK1", "DK"),
        ("SE3", "SE"),
        ("NO5", "NO"),
        ("DE-LU", "DE"),
        ("DE_LU", "DE"),
        ("IT-NORD", "IT"),
        ("UK", "GB"),
        ("GB-NIR", "GB"),
        ("EL", "GR"),
        ("dk1", "DK"),
    ],
)
def test_an_area_lies_in_the_country_its_name_begins_with(area: str, country: str) -> None:
    assert country_of(area) == country


@pytest.mark.parametrize("area", ["", "D", "North", "Denmark", "DKW", "XX1", "1DK", "--"])
def test_a_name_that_begins_with_no_country_has_none(area: str) -> None:
    assert country_of(area) is None
    assert holiday_shares(area, 2026) == {}


@given(area=AREAS, day=DAYS)
def test_a_share_is_between_nobody_and_everybody(area: str, day: date) -> None:
    assert 0 <= holiday_share(area, day) <= 1


@given(area=AREAS, day=DAYS)
def test_a_day_is_a_public_holiday_where_most_people_are_off(area: str, day: date) -> None:
    assert is_public_holiday(day, area) == (holiday_share(area, day) >= 0.5)


@given(day=DAYS, areas=st.tuples(*[st.sampled_from(["DK", "DK1", "DK2"])] * 2))
def test_areas_of_one_country_share_its_holidays(day: date, areas: tuple[str, str]) -> None:
    assert holiday_share(areas[0], day) == holiday_share(areas[1], day)


@given(day=DAYS)
def test_denmark_has_whole_holidays_only(day: date) -> None:
    assert holiday_share("DK1", day) in {0.0, 1.0}


@pytest.mark.parametrize("year", [2015, 2026, 2035])
def test_danes_are_off_on_constitution_day_and_nobody_else_is(year: int) -> None:
    day = date(year, 6, 5)
    assert holiday_share("DK1", day) == 1.0
    assert holiday_share("NL", day) == 0.0


@pytest.mark.parametrize(
    ("area", "day"),
    [
        ("SE3", date(2026, 6, 6)),  # National Day
        ("NO2", date(2026, 5, 17)),  # Constitution Day
        ("DE-LU", date(2026, 10, 3)),  # German Unity Day
        ("FR", date(2026, 7, 14)),
        ("NL", date(2026, 4, 27)),  # King's Day
    ],
)
def test_a_holiday_of_one_country_is_none_of_another(area: str, day: date) -> None:
    assert holiday_share(area, day) == 1.0
    assert holiday_share("DK1", day) == 0.0


@pytest.mark.parametrize(
    ("day", "millions"),
    [
        (date(2019, 1, 6), 11.1 + 13.1 + 2.2),  # Epiphany: BW, BY, ST
        (date(2019, 11, 1), 11.1 + 13.1 + 17.9 + 4.1 + 1.0),  # All Saints' Day: BW, BY, NW, RP, SL
        (date(2019, 11, 20), 4.1),  # Repentance Day: SN
    ],
)
def test_a_holiday_of_some_german_states_counts_by_their_people(day: date, millions: float) -> None:
    assert holiday_share("DE-LU", day) == pytest.approx(millions / 83.1, abs=1e-3)


def test_a_holiday_of_all_german_states_counts_once() -> None:
    assert holiday_shares("DE", 2026)[date(2026, 12, 25)] == 1.0
    assert holiday_shares("DE", 2026)[date(2026, 5, 1)] == 1.0


@pytest.mark.parametrize("area", ["DK1", "DE-LU", "SE3"])
def test_every_share_of_a_year_belongs_to_a_day_of_it(area: str) -> None:
    shares = holiday_shares(area, 2026)
    assert shares
    assert {day.year for day in shares} == {2026}
    assert all(0 < share <= 1 for share in shares.values())
