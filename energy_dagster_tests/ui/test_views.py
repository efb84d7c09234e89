from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import panel as pn
import pytest
from msgspec import structs

from energy_dagster.settings import Settings
from energy_dagster.store.reader import Store
from energy_dagster.store.schema import POINTER
from energy_dagster_tests.warehouse_fixture import NOW, write_snapshot
from ui import fragments
from ui.app import create_app, edition_of, is_simulated
from ui.forecast_data import read_forecast
from ui.state import ForecastChoice, MonitoringChoice
from ui.views import forecast, monitoring
from ui.views.notices import Notice, read_or_notice


def test_nothing_published_is_said_with_what_to_do(tmp_path: Path) -> None:
    text = _shown(Store(tmp_path))
    assert "No forecast has been published yet" in text
    assert "make forecast" in text


def test_a_damaged_warehouse_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / POINTER).write_text("broken.duckdb", encoding="utf-8")
    (tmp_path / "broken.duckdb").write_bytes(b"no database at all" * 1000)
    text = _shown(Store(tmp_path))
    assert "The forecasts cannot be read just now" in text
    assert "Traceback" not in text


def test_an_address_that_names_nothing_is_said_in_a_sentence(store: Store) -> None:
    choice = ForecastChoice(issue="soon")
    notice = read_or_notice(lambda: read_forecast(store, "DK", issued_at=choice.issued_at))
    assert isinstance(notice, Notice)
    assert "This address names nothing that is known" in _texts(notice.view())


def test_an_unknown_series_is_said_by_name(store: Store) -> None:
    view: Any = forecast.render(read_forecast(store, "DK9"), now=NOW, is_newest=True)
    assert "There is no such forecast of DK9" in _texts(view)


def test_the_forecast_page_shows_badges_cards_and_chart(store: Store) -> None:
    view: Any = forecast.render(read_forecast(store, "DK1"), now=NOW + timedelta(hours=3), is_newest=True)
    text = _texts(view)
    for expected in ("West Denmark (DK1)", "SIMULATED", "LIVE", "STALE", "PRELIMINARY", "Next peak", "Current error", "Skill"):
        assert expected in text
    assert len(list(view.select(pn.pane.Bokeh))) == 1


def test_a_fallback_is_badged(store: Store) -> None:
    data = read_forecast(store, "DK")
    fallback = replace(data, forecast=[structs.replace(row, rung="naive", origin="replay") for row in data.forecast])
    assert "fallback" not in fragments.badges(data, is_stale=False)
    assert "fallback: weekly naive" in fragments.badges(fallback, is_stale=False)
    assert "REPLAY" in fragments.badges(fallback, is_stale=False)


def test_a_new_snapshot_or_a_new_hour_makes_a_new_edition(tmp_path: Path) -> None:
    settings = Settings(now=NOW)
    editions = [edition_of(settings, Store(tmp_path))]
    for _ in range(2):
        write_snapshot(tmp_path, {}, as_of=NOW)
        editions.append(edition_of(settings, Store(tmp_path)))
    editions.append(edition_of(Settings(now=NOW + timedelta(hours=1)), Store(tmp_path)))
    assert len(set(editions)) == 4


def test_widgets_offer_areas_by_name_and_keep_a_choice_that_is_not_offered(store: Store) -> None:
    view: Any = forecast.forecast_view(ForecastChoice(area="DK9"), store, lambda: NOW)
    area = next(widget for widget in view.select(pn.widgets.Select) if widget.label == "Area")
    assert list(area.options) == ["Denmark", "West Denmark (DK1)", "East Denmark (DK2)", "DK9"]
    assert area.value == "DK9"


def test_widgets_and_state_follow_each_other(store: Store) -> None:
    choice = MonitoringChoice()
    view: Any = monitoring.monitoring_view(choice, store)
    widgets = {widget.label: widget for widget in view.select(pn.widgets.Select)}
    widgets["Area"].value = "DK2"
    choice.period = "7"
    assert (choice.area, widgets["Period"].value) == ("DK2", "7")


def test_the_app_has_a_page_for_each_address(store: Store) -> None:
    assert set(create_app(Settings(now=NOW), store)) == {"/", "/forecast", "/monitoring", "/about"}


def test_the_monitoring_page_links_to_dagster_where_people_open_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def view(*_: object, dagster: str, **__: object) -> pn.Column:
        told.append(dagster)
        return pn.Column()

    monkeypatch.setattr("ui.app.monitoring_view", view)
    for settings in (Settings(now=NOW), Settings(now=NOW, dagster_url="https://energy.example.org/dagster")):
        create_app(settings, store)["/monitoring"]()
    assert told == ["http://127.0.0.1:3000", "https://energy.example.org/dagster"]


def test_the_banner_follows_what_is_published_not_what_is_set(autumn_store: Store, tmp_path: Path) -> None:
    assert not is_simulated(Settings(source="sandbox"), autumn_store)
    assert is_simulated(Settings(source="sandbox"), Store(tmp_path))


def _shown(store: Store) -> str:
    notice = read_or_notice(lambda: read_forecast(store, "DK"))
    assert isinstance(notice, Notice)
    return _texts(notice.view())


def _texts(view: Any) -> str:
    return " ".join(_objects(view))


def _objects(view: Any) -> Iterator[str]:
    for pane in view.select(pn.pane.HTML):
        yield str(pane.object)
