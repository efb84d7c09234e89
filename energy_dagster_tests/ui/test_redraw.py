"""A page that is drawn anew shows exactly what a first drawing would, and keeps what its visitor has done to it."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import panel as pn
import pytest
from bokeh.models import Range1d
from bokeh.plotting import figure

from energy_dagster.store.reader import Store
from energy_dagster_tests.warehouse_fixture import NOW
from ui.forecast_data import read_forecast
from ui.monitoring_data import Asked, read_part
from ui.state import DEFAULT_LEAD, PARTS
from ui.views import forecast, monitoring
from ui.views.panes import chart_card, html
from ui.views.redraw import Drawing, Drawings, Outline, Place, outlined

AREAS = ("DK", "DK1", "DK2", "DK1")
DAY_MS = 86_400_000


@pytest.mark.parametrize("part", ["forecast", *PARTS])
def test_what_stands_after_a_change_of_area_is_what_a_first_drawing_has(store: Store, part: str) -> None:
    place = Place(Drawings())
    first = [pane.object for pane in _panes(place.show(None, _view(store, part, AREAS[0])), pn.pane.Bokeh)]
    for area in AREAS[1:]:
        place.show(None, _view(store, part, area))
        _assert_equal(place.view, _view(store, part, area)())
    stands = [pane.object for pane in _panes(place.view, pn.pane.Bokeh)]
    assert all(one is other for one, other in zip(first, stands, strict=True))


def test_what_is_drawn_for_one_visitor_is_not_drawn_again_for_another(store: Store) -> None:
    drawings, drawn = Drawings(), list[str]()

    def draw(area: str) -> Callable[[], pn.viewable.Viewable]:
        def noted() -> pn.viewable.Viewable:
            drawn.append(area)
            return _view(store, "forecast", area)()

        return noted

    visitors = [Place(drawings), Place(drawings)]
    for place in visitors:
        for area in AREAS:
            place.show(area, draw(area))
    assert drawn == ["DK", "DK1", "DK2", "DK"]  # the second visitor's page has to begin with a drawing of its own
    one, other = (_panes(place.view, pn.pane.Bokeh)[0].object for place in visitors)
    assert not set(_ids(one)) & set(_ids(other))
    for place in visitors:
        _assert_equal(place.view, _view(store, "forecast", "DK1")())


def test_a_zoom_to_hours_that_are_still_there_stays_and_reset_shows_all(store: Store) -> None:
    place = Place(Drawings())
    place.show(None, _view(store, "forecast", "DK1"))
    shown: Any = _chart(place).x_range
    shown.start = shown.end - DAY_MS
    zoomed = (shown.start, shown.end)
    place.show(None, _view(store, "forecast", "DK2"))
    assert _chart(place).x_range is shown
    assert (shown.start, shown.end) == zoomed
    assert (shown.reset_start, shown.reset_end) == shown.bounds


def test_a_zoom_to_hours_that_are_gone_gives_way() -> None:
    place = Place(Drawings())
    place.show(None, lambda: chart_card(_week(0)))
    shown: Any = _chart(place).x_range
    shown.end = DAY_MS
    place.show(None, lambda: chart_card(_week(30)))
    assert (shown.start, shown.end) == shown.bounds == (30 * DAY_MS, 37 * DAY_MS)


def test_a_line_that_was_hidden_stays_hidden(store: Store) -> None:
    place = Place(Drawings())
    place.show(None, _view(store, "forecast", "DK1"))
    line = _line(place)
    line.visible = False
    place.show(None, _view(store, "forecast", "DK2"))
    assert _line(place) is line
    assert not line.visible


def test_a_view_with_other_parts_takes_the_place() -> None:
    place = Place(Drawings())
    place.show(None, lambda: chart_card(_week(0)))
    before = _chart(place)
    place.show(None, lambda: html("nothing there"))
    assert place.chart is None
    assert [pane.object for pane in _panes(place.view, pn.pane.HTML)] == ["nothing there"]
    place.show(None, lambda: chart_card(_week(0)))
    assert _chart(place) is not before


def test_a_chart_with_another_line_is_drawn_afresh() -> None:
    def two_lines() -> pn.viewable.Viewable:
        chart = _week(0)
        chart.line([0, 1], [1, 2])
        return chart_card(chart)

    place = Place(Drawings())
    place.show(None, lambda: chart_card(_week(0)))
    place.show(None, two_lines)
    assert len(_chart(place).renderers) == 2


def test_drawings_that_nobody_asked_for_longest_go_first() -> None:
    drawings = Drawings(most=2)
    for name in ("a", "b"):
        drawings.keep(name, Drawing(html(name)))
    assert drawings.get("a") is not None
    drawings.keep("c", Drawing(html("c")))
    assert [name for name in "abc" if drawings.get(name)] == ["a", "c"]


def _view(store: Store, part: str, area: str) -> Callable[[], pn.viewable.Viewable]:
    if part == "forecast":
        return lambda: forecast.render(read_forecast(store, area), now=NOW, is_newest=True)
    asked = Asked(area, "total", 7, DEFAULT_LEAD, None)
    return lambda: monitoring.render(read_part(store, part, asked), asked, now=NOW)


def _panes(view: pn.viewable.Viewable, kind: type) -> list[Any]:
    return list(view.select(kind))


def _chart(place: Place) -> Any:
    assert place.chart is not None
    return place.chart


def _line(place: Place) -> Any:
    return next(one for one in _chart(place).renderers if one.name == "forecast")


def _week(first_day: int) -> figure:
    start, end = first_day * DAY_MS, (first_day + 7) * DAY_MS
    chart = figure(x_range=Range1d(start=start, end=end, bounds=(start, end)))
    chart.line([start, end], [1, 2])
    return chart


def _ids(chart: figure) -> list[str]:
    return [model.id for model in outlined(chart)[1]]


def _assert_equal(one: pn.viewable.Viewable, other: pn.viewable.Viewable) -> None:
    """Compared by what is written out, in which NaN equals itself; the browser's own marks are not there yet."""
    for mine, its in zip(Drawing(one).contents, Drawing(other).contents, strict=True):
        if isinstance(mine, Outline) and isinstance(its, Outline):
            assert mine.kinds == its.kinds
            for kind, said, meant in zip(mine.kinds, mine.said, its.said, strict=True):
                assert (kind, repr(said)) == (kind, repr(meant))
        else:
            assert mine == its


def test_the_order_of_drawings_does_not_matter(store: Store) -> None:
    for one, other in pairwise(PARTS):
        place = Place(Drawings())
        for part in (one, other, one):
            place.show(None, _view(store, part, "DK"))
            _assert_equal(place.view, _view(store, part, "DK")())
