from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import panel as pn
import pytest

from energy_dagster.store.reader import Store
from energy_dagster.store.rows import Attention
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot
from ui.manner import Manner, speaking
from ui.monitoring_data import Asked, ErrorsRead, read_part
from ui.state import PARTS, YESTERDAY, MonitoringChoice
from ui.views.day_field import DayField
from ui.views.monitoring import asked, monitoring_view, render

WEEK = Asked(days=7)
SHOWN = {
    "errors": (3, ("Skill", "Bias", "Error of every hour", "weekly naive")),
    "patterns": (2, ("Mean error by lead time", "Ordinary workdays", "too few days to judge")),
    "calibration": (3, ("Is the 80 % interval honest?", "Reliability of the quantiles")),
    "settlement": (1, ("Settled minus preliminary", "Every settled day")),
    "models": (0, ("model-b", "champion", "Age and drift", "Why this model")),
    "data": (0, ("Every table and its newest value", "raw_load")),
}


@pytest.fixture(scope="module")
def fortnight(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Long enough that some days have been settled."""
    folder = tmp_path_factory.mktemp("fortnight")
    write_snapshot(folder, sample_frames(NOW, days=14), as_of=NOW)
    return Store(folder)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_shows_its_charts_and_says_what_they_show(fortnight: Store, part: str) -> None:
    view = _drawn(fortnight, part, Asked(days=30))
    charts, texts = SHOWN[part]
    assert len(list(view.select(pn.pane.Bokeh))) == charts
    assert [text for text in texts if text not in _texts(view)] == []


@pytest.mark.parametrize("part", PARTS)
def test_a_part_speaks_danish(fortnight: Store, part: str) -> None:
    with speaking(Manner("da", "dark")):
        text = _texts(_drawn(fortnight, part, Asked(days=30)))
    assert [word for word in ("Weekly naive", "Forecast", "Mean error", " ago", " ahead") if word in text] == []


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("errors", "No forecast has been scored in this period"),
        ("patterns", "No forecast has been scored in this period"),
        ("calibration", "No forecast has been scored in this period"),
        ("settlement", "Nothing of this period has been settled yet"),
        ("models", "No model has been trained yet"),
        ("data", "Nothing is held yet"),
    ],
)
def test_an_empty_warehouse_is_said_part_by_part(tmp_path: Path, part: str, said: str) -> None:
    write_snapshot(tmp_path, {}, as_of=NOW)
    assert said in _texts(_drawn(Store(tmp_path), part, WEEK))


def test_an_area_that_is_missing_is_said(tmp_path: Path) -> None:
    frames = sample_frames(NOW, days=9)
    frames["error_metrics"] = frames["error_metrics"].query("area != 'DK2'")
    write_snapshot(tmp_path, frames, as_of=NOW)
    texts = [_texts(_drawn(Store(tmp_path), "errors", Asked(area=area, days=7))) for area in ("DK2", "DK1")]
    assert ["No forecast has been scored in this period" in text for text in texts] == [True, False]


def test_a_past_day_without_a_forecast_shows_what_was_measured(fortnight: Store) -> None:
    read = read_part(fortnight, "errors", Asked(days=7, day=NOW.date() - timedelta(days=20)))
    assert isinstance(read, ErrorsRead)
    assert (list(read.day_forecast), len(read.day_actuals) > 0) == ([], True)
    assert "No forecast of this day is held; what was measured is shown." in _texts(render(read, WEEK))


def test_without_a_day_the_last_that_has_ended_is_shown(store: Store) -> None:
    read = read_part(store, "errors", WEEK)
    assert isinstance(read, ErrorsRead)
    assert read.day == date(2026, 6, 16)


def test_tables_are_linked_to_their_assets_where_the_address_is_known(store: Store) -> None:
    read = read_part(store, "data", WEEK)
    linked = _texts(render(read, WEEK, dagster="http://127.0.0.1:3000/"))
    assert 'href="http://127.0.0.1:3000/assets/forecast_model"' in linked
    assert 'href="http://127.0.0.1:3000/assets/raw_load"' in linked
    assert "href" not in _texts(render(read, WEEK))


def test_tables_that_have_not_moved_are_late(store: Store) -> None:
    text = _texts(render(read_part(store, "data", WEEK), WEEK, now=NOW + timedelta(days=4)))
    assert "look closer" in text
    assert "should reach" in text


def test_what_asks_for_a_look_is_listed_and_checks_are_linked(store: Store) -> None:
    read: Any = read_part(store, "data", WEEK)
    calm = _texts(render(read, WEEK, now=NOW))
    assert "No check of an asset found anything" in calm
    assert "What asks for a look" not in calm
    attention = [
        Attention(
            "check", "raw_load", "newest_value_is_fresh", "warning", NOW - timedelta(hours=2), "the newest value is <9 h> old"
        ),
        Attention("payload", "ConsumptionDE35Hour", "ConsumptionDE35Hour/1", "warning", NOW, "expected records, found HTML"),
        Attention("mirror", "hopsworks_predictions", "lag", "warning", NOW, "3 partitions are missing"),
    ]
    text = _texts(render(replace(read, attention=attention), WEEK, now=NOW, dagster="http://127.0.0.1:3000"))
    for expected in (
        "What asks for a look",
        "the newest value is &lt;9 h&gt; old",
        "found HTML",
        "2 h ago",
        "found something: 1",
        "in quarantine: 1",
        "lag behind: 1",
    ):
        assert expected in text


def test_only_the_widgets_of_the_shown_part_are_there(store: Store) -> None:
    choice = MonitoringChoice()
    view: Any = monitoring_view(choice, store)
    widgets = {widget.label: widget for widget in (*view.select(pn.widgets.Select), *view.select(DayField))}
    seen = {}
    for part in ("errors", "calibration", "models", "data"):
        choice.part = part
        seen[part] = {label for label, widget in widgets.items() if widget.visible}
    assert seen == {
        "errors": {"Area", "Period", "Lead time", "Day of forecast and truth", "Days by"},
        "calibration": {"Area", "Period", "Lead time"},
        "models": {"Area"},
        "data": set(),
    }


def test_the_calendar_and_the_state_follow_each_other(store: Store) -> None:
    choice = MonitoringChoice()
    view: Any = monitoring_view(choice, store)
    (calendar,) = view.select(DayField)
    assert calendar.value == calendar.last == "2026-06-16"
    assert calendar.first < "2026-06-08"
    calendar.value = "2026-06-10"
    assert choice.day == "2026-06-10"
    choice.day = YESTERDAY
    assert calendar.value == "2026-06-16"
    choice.day = "someday"
    assert (calendar.value, choice.day) == ("", "someday")


def test_the_tabs_and_the_state_follow_each_other(store: Store) -> None:
    choice = MonitoringChoice(part="models")
    view: Any = monitoring_view(choice, store)
    (tabs,) = view.select(pn.widgets.RadioButtonGroup)
    assert tabs.value == "models"
    tabs.value = "data"
    assert choice.part == "data"


def test_a_part_that_is_not_there_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="horoscope"):
        read_part(store, "horoscope", WEEK)


def test_what_is_asked_follows_the_choice() -> None:
    choice = MonitoringChoice(area="DK1", period="7", lead="01-06", day="2026-06-01")
    assert asked(choice) == Asked("DK1", "total", 7, "01-06", date(2026, 6, 1))


def test_a_window_ends_with_the_data(store: Store) -> None:
    window = read_part(store, "data", WEEK).window
    assert (window.start, window.end) == (datetime(2026, 6, 10, 9, tzinfo=UTC), NOW)


def _drawn(store: Store, part: str, wanted: Asked) -> Any:
    return render(read_part(store, part, wanted), wanted)


def _texts(view: Any) -> str:
    return " ".join(str(pane.object) for pane in view.select(pn.pane.HTML))
