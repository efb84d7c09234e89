"""A chart that is drawn anew shows the stretch of time that its visitor had zoomed to."""

from typing import Any

import panel as pn
from bokeh.models import Range1d
from bokeh.plotting import figure


class Zoom:
    """Remembers the hourly charts of a page by their place in it, between one drawing and the next."""

    def __init__(self) -> None:
        self._charts: list[figure] = []

    def carry(self, view: pn.viewable.Viewable) -> pn.viewable.Viewable:
        """Zoom the charts of a new drawing as those of the last were; one that was not zoomed shows all there is."""
        panes: list[Any] = list(view.select(pn.pane.Bokeh))
        charts = [pane.object for pane in panes]
        for before, now in zip(self._charts, charts, strict=False):
            _follow(before, now)
        self._charts = charts
        return view


def _follow(before: figure, now: figure) -> None:
    old, new = before.x_range, now.x_range
    if not isinstance(old, Range1d) or not isinstance(new, Range1d) or not isinstance(old.bounds, tuple):
        return
    shown: tuple[Any, Any] = (old.start, old.end)  # milliseconds, on the axes that have bounds
    held: tuple[Any, Any] = (new.start, new.end)
    if shown != old.bounds and held[0] <= shown[0] < shown[1] <= held[1]:
        new.reset_start, new.reset_end = held
        new.start, new.end = shown
