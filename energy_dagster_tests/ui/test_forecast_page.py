from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import panel as pn
import pyarrow.parquet as pq
import pytest
from litestar.testing import TestClient
from msgspec import structs

from api.app import create_app
from energy_dagster.settings import Settings
from energy_dagster.store.reader import Store
from energy_dagster_tests.ui.sample_rows import HOUR, actual_hour, forecast_hour, issue
from energy_dagster_tests.warehouse_fixture import NOW
from ui import fragments
from ui.charts.denmark import area_at, denmark_map, light_up
from ui.charts.fan import fan_chart, gate_after
from ui.forecast_data import ForecastData, read_day_ahead, read_forecast
from ui.manner import Manner, speaking
from ui.state import NEWEST, PEAK, ForecastChoice, issue_key
from ui.summary import hindsight, hour_shown
from ui.views import forecast_words as words
from ui.views.forecast import forecast_view, render
from ui.views.forecast_files import api_call, file_name, forecast_csv, forecast_parquet
from ui.views.forecast_why import drivers, why_html

ISSUED = datetime(2026, 11, 23, 10, tzinfo=UTC)
PAST = "2026-06-15T06:00Z"


@pytest.mark.parametrize("delivery_day", [None, date(2026, 6, 16)])
def test_the_csv_is_byte_for_byte_that_of_the_api(store: Store, delivery_day: date | None) -> None:
    data = read_forecast(store, "DK2") if delivery_day is None else read_day_ahead(store, "DK2", day=delivery_day)
    with TestClient(create_app(Settings(), store)) as client:
        answer = client.get(api_call(data), headers={"Accept": "text/csv"})
    assert answer.status_code == 200
    assert forecast_csv(data.forecast, data.snapshot) == answer.text


def test_the_parquet_file_holds_the_numbers_and_times_of_the_store(store: Store) -> None:
    data = read_forecast(store, "DK1")
    table = pq.read_table(forecast_parquet(data.forecast, data.snapshot))
    assert table.column("q90").to_pylist() == [row.q90 for row in data.forecast]
    assert table.column("hour_utc").to_pylist() == [row.hour_utc for row in data.forecast]
    assert set(table.column("snapshot_id").to_pylist()) == {data.snapshot.snapshot_id}


def test_a_forecast_that_no_model_made_keeps_its_column_types_in_parquet(store: Store) -> None:
    data = read_forecast(store, "DK1")
    unexplained = [structs.replace(row, level_mwh=None, naive_mwh=None) for row in data.forecast]
    schema = pq.read_schema(forecast_parquet(unexplained, data.snapshot))
    assert str(schema.field("level_mwh").type) == "double"


def test_files_are_named_after_the_issue_or_the_day_of_delivery(store: Store) -> None:
    assert file_name(read_forecast(store, "DK2"), "csv") == "forecast-DK2-total-20260617T0900Z.csv"
    day = read_day_ahead(store, "DK", day=date(2026, 6, 16))
    assert file_name(day, "parquet") == "forecast-DK-total-day-ahead-2026-06-16.parquet"


def test_a_day_is_shown_as_it_stood_at_ten_the_day_before(store: Store) -> None:
    data = read_day_ahead(store, "DK", day=date(2026, 6, 16))
    assert len(data.forecast) == 24
    assert {row.issued_at for row in data.forecast} == {datetime(2026, 6, 15, 8, tzinfo=UTC)}


def test_tomorrow_is_the_day_of_delivery_unless_another_is_chosen(store: Store) -> None:
    assert read_day_ahead(store, "DK").delivery_day == date(2026, 6, 18)


def test_a_day_that_no_issue_reaches_is_said_so(store: Store) -> None:
    view: Any = render(read_day_ahead(store, "DK", day=date(2027, 1, 1)), now=NOW, is_newest=True)
    assert "No issue stood at the gate that reaches Fri 1 Jan" in _texts(view)


def test_where_an_area_is_missing_the_others_are_named(store: Store) -> None:
    view: Any = render(read_forecast(store, "DK9"), now=NOW, is_newest=True)
    assert "There are forecasts of Denmark, West Denmark (DK1), East Denmark (DK2)." in _texts(view)


def test_before_the_gate_the_day_ahead_view_says_that_it_may_change(store: Store) -> None:
    data = read_day_ahead(store, "DK", day=date(2026, 6, 18))
    assert "a newer issue may take its place" in words.about(data, datetime(2026, 6, 17, 7, tzinfo=UTC))
    assert "a newer issue may take its place" not in words.about(data, NOW)


def test_a_past_issue_says_how_wrong_it_turned_out(store: Store) -> None:
    data = read_forecast(store, "DK", issued_at=datetime(2026, 6, 14, 6, tzinfo=UTC))
    judged = hindsight(data.forecast, data.actuals)
    assert judged is not None
    (said,) = words.turned_out(data, is_newest=False)
    assert f"{judged.hours} hours measured since lay between P10 and P90" in said


def test_the_newest_issue_says_nothing_of_how_it_turned_out(store: Store) -> None:
    assert words.turned_out(read_forecast(store, "DK"), is_newest=True) == []


def test_hindsight_counts_the_measured_hours_only() -> None:
    rows = issue(ISSUED, hours=3, middle=3000)
    actuals = [actual_hour(rows[0].hour_utc, 3011), actual_hour(rows[1].hour_utc, 9002), actual_hour(rows[2].hour_utc, None)]
    judged = hindsight(rows, actuals)
    assert judged is not None
    assert (judged.hours, judged.inside_80) == (2, 0.5)
    assert judged.mae_mwh == pytest.approx((10 + 6000) / 2)
    assert judged.naive_mae_mwh == pytest.approx((111 + 6102) / 2)


def test_a_past_issue_counts_what_was_known_then_and_says_what_the_day_came_to(store: Store) -> None:
    data = read_forecast(store, "DK", issued_at=datetime(2026, 6, 14, 6, tzinfo=UTC))
    today, tomorrow = fragments.days_of(data)
    assert not today.is_measured
    assert tomorrow.low_mwh < tomorrow.energy_mwh < tomorrow.high_mwh
    assert tomorrow.measured_mwh is not None
    assert "it came to" in str(fragments.forecast_cards(data)[2].note)


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "made just now"), (12, "made 12 minutes ago"), (300, "made 5 hours ago"), (9000, "made 6 days ago")]
)
def test_the_age_of_a_forecast_is_said(store: Store, minutes: int, said: str) -> None:
    data = read_forecast(store, "DK")
    assert said in words.about(data, data.forecast[0].created_at + timedelta(minutes=minutes))


def test_a_forecast_is_stale_after_two_hours() -> None:
    rows = issue(NOW)
    assert not words.is_stale(rows, NOW + timedelta(hours=2))
    assert words.is_stale(rows, NOW + timedelta(hours=2, minutes=1))
    assert not words.is_stale([], NOW)


def test_the_parts_of_an_hour_stand_with_the_largest_first_and_add_up() -> None:
    row = forecast_hour(ISSUED + HOUR, issued_at=ISSUED)
    parts = drivers(row)
    assert [part.adds_mwh for part in parts] == [90, 20, -15, 5, 0]
    assert row.level_mwh is not None
    assert row.level_mwh + sum(part.adds_mwh for part in parts) == pytest.approx(row.q50)


def test_why_is_said_in_words() -> None:
    said = why_html(forecast_hour(ISSUED + HOUR, issued_at=ISSUED))
    assert "hour, weekday and season (90 MWh up) and recent consumption (20 MWh up)" in said


def test_an_hour_that_no_model_forecast_is_not_explained() -> None:
    row = structs.replace(forecast_hour(ISSUED + HOUR, issued_at=ISSUED), level_mwh=None)
    assert "no model made this forecast" in why_html(row)


def test_an_hour_that_the_forecast_has_not_gives_way_to_the_peak() -> None:
    rows = issue(ISSUED)
    assert hour_shown(rows, rows[3].hour_utc) == rows[3]
    assert hour_shown(rows, ISSUED - HOUR) == rows[23]
    assert hour_shown([], ISSUED) is None


def test_what_was_known_and_what_happened_since_are_drawn_apart() -> None:
    rows = issue(ISSUED)
    settled = [structs.replace(actual_hour(ISSUED - n * HOUR), provisional=False, vintage="settled") for n in (7, 6)]
    actuals = [*settled, *(actual_hour(ISSUED + n * HOUR) for n in range(-5, 3))]
    fig: Any = fan_chart(rows, actuals, title="", simulated=False)
    lines = {name: len(fig.select_one({"name": name}).data_source.data["x"]) for name in ("settled", "preliminary")}
    assert lines == {"settled": 2, "preliminary": 4}
    since = [one.data_source.data["x"] for one in fig.renderers if one.name == "since"]
    assert [len(x) for x in since] == [6]


def test_the_gate_is_that_of_the_next_day_to_be_delivered() -> None:
    assert gate_after(datetime(2026, 6, 17, 9, tzinfo=UTC)) == (datetime(2026, 6, 17, 10, tzinfo=UTC), date(2026, 6, 18))
    assert gate_after(datetime(2026, 6, 17, 11, tzinfo=UTC)) == (datetime(2026, 6, 18, 10, tzinfo=UTC), date(2026, 6, 19))


def test_the_operators_forecast_of_denmark_is_the_sum_of_both_areas(store: Store) -> None:
    start = NOW - timedelta(days=1)
    west, east, whole = (store.tso_forecast(area, start, NOW).rows for area in ("DK1", "DK2", "DK"))
    assert [row.forecast_mwh for row in whole] == pytest.approx(
        [one.forecast_mwh + other.forecast_mwh for one, other in zip(west, east, strict=True)]
    )
    assert len(whole) == 24


def test_the_operators_forecast_is_drawn_and_named_where_it_is_held(store: Store) -> None:
    assert "Grid operator" in _legend(read_forecast(store, "DK"))
    assert "Grid operator" not in _legend(replace(read_forecast(store, "DK"), tso_mwh={}))


def test_a_place_on_the_map_is_an_area_and_the_sea_is_denmark() -> None:
    odense, aalborg, copenhagen, nakskov, kattegat = (10.39, 55.4), (9.92, 57.05), (12.5, 55.68), (11.2, 54.8), (11.4, 56.6)
    assert [area_at(*place) for place in (odense, aalborg, copenhagen, nakskov, kattegat)] == ["DK1", "DK1", "DK2", "DK2", "DK"]


def test_the_chosen_area_is_lit() -> None:
    chart: Any = denmark_map("DK1")
    assert _lit(chart) == {"DK1"}
    light_up(chart, "DK2")
    assert _lit(chart) == {"DK2"}
    light_up(chart, "DK")
    assert _lit(chart) == {"DK1", "DK2"}


def test_a_choice_of_issue_moves_slider_and_calendar(store: Store) -> None:
    choice = ForecastChoice()
    widgets = _widgets(choice, store)
    choice.issue = PAST
    assert widgets["Issued at"].value == PAST
    assert widgets["Issued on"].value == date(2026, 6, 15)
    assert widgets["at"].value == PAST


def test_the_calendar_goes_to_the_same_hour_of_another_day(store: Store) -> None:
    choice = ForecastChoice(issue=PAST)
    widgets = _widgets(choice, store)
    widgets["Issued on"].value = date(2026, 6, 12)
    assert choice.issue == "2026-06-12T06:00Z"
    widgets["at"].value = "2026-06-12T09:00Z"
    assert choice.issue == "2026-06-12T09:00Z"


def test_the_hour_of_the_newest_issue_leads_back_to_the_newest(store: Store) -> None:
    choice = ForecastChoice(issue=issue_key(NOW - HOUR))
    widgets = _widgets(choice, store)
    widgets["at"].value = issue_key(NOW)
    assert choice.issue == NEWEST


def test_the_way_back_shows_only_when_there_is_one(store: Store) -> None:
    choice = ForecastChoice(issue=PAST)
    back = _widgets(choice, store)["Back to newest"]
    assert back.visible
    back.clicks += 1
    assert (choice.issue, back.visible) == (NEWEST, False)


def test_an_issue_that_is_no_time_leaves_the_slider_at_the_newest(store: Store) -> None:
    assert _widgets(ForecastChoice(issue="soon"), store)["Issued at"].value == NEWEST


def test_an_hour_that_is_chosen_is_kept_in_the_address() -> None:
    choice = ForecastChoice(hour=issue_key(NOW + 5 * HOUR))
    assert choice.explained_hour == NOW + 5 * HOUR
    assert "hour=2026-06-17T14" in choice.link_here("forecast")


@pytest.mark.parametrize("hour", [PEAK, "noon"])
def test_without_an_hour_that_is_a_time_the_peak_is_explained(hour: str) -> None:
    assert ForecastChoice(hour=hour).explained_hour is None


def test_the_page_speaks_danish(store: Store) -> None:
    with speaking(Manner("da")):
        view: Any = render(read_forecast(store, "DK1"), now=NOW, is_newest=True)
    text = _texts(view)
    for expected in ("Vestdanmark (DK1)", "Næste spids", "FORELØBIGE MÅLINGER", "Udstedt ons 17. jun 2026"):
        assert expected in text


def _widgets(choice: ForecastChoice, store: Store) -> Mapping[str, Any]:
    view: Any = forecast_view(choice, store, lambda: NOW)
    return {widget.label: widget for widget in view.select(pn.widgets.Widget)}


def _legend(data: ForecastData) -> list[str]:
    fig: Any = fan_chart(data.forecast, data.actuals, tso_mwh=data.tso_mwh, title="", simulated=True)
    return [item.label.value for item in fig.legend[0].items]


def _lit(chart: Any) -> set[str]:
    shores = chart.renderers[0].data_source.data
    return {area for area, colour in zip(shores["area"], shores["colour"], strict=True) if colour == "#0072B2"}


def _texts(view: Any) -> str:
    return " ".join(str(pane.object) for pane in view.select(pn.pane.HTML))
