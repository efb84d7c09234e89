"""A page that is drawn anew changes what differs, and leaves alone what a visitor has done to it.

Views are functions of what was read. Drawing them afresh and sending all of it would cost a browser most of a second, and it would
lose where the visitor had zoomed to; so what stands on a page takes over the texts and the numbers of a new drawing that has the
same parts. A drawing as texts and numbers is nobody's own: visitors who look at the same share it.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final, NamedTuple

import panel as pn
from bokeh.core.property.vectorization import Expr, Field, Value
from bokeh.model import Model
from bokeh.models import Range1d
from bokeh.plotting import figure

_WHOLE_WIDTH: Final = {"width": "100%"}
DRAWINGS_KEPT: Final = 64
"""Drawings that are kept for other visitors; the longest unasked go first. One takes up to a megabyte."""


_NOTHING: Final = object()


class _Ref(NamedTuple):
    """Stands for a model, by its place in the order in which they are come upon."""

    place: int


class _Spec(NamedTuple):
    """Stands for a specification of a glyph's column that has a model in it, such as one that is dodged."""

    kind: type[Any]
    said: dict[str, Any]


class Outline(NamedTuple):
    """A chart as a value: the kinds of its models in a fixed order, and what is said of each."""

    kinds: list[type[Model]]
    said: list[dict[str, Any]]


def outlined(chart: Model) -> tuple[Outline, list[Model]]:
    """The outline of a chart, and its models in the same order."""
    outline, models = Outline([], []), list[Model]()
    places: dict[str, _Ref] = {}

    def of_model(model: Model) -> _Ref:
        if model.id not in places:
            places[model.id] = _Ref(len(models))
            models.append(model)
            outline.kinds.append(type(model))
            said: dict[str, Any] = {}
            outline.said.append(said)
            # as `properties_with_values(include_defaults=False)`, which looks at the hundred others as well
            for name in sorted({*model._property_values, *model._unstable_default_values}):
                said[name] = noted(getattr(model, name))
        return places[model.id]

    def noted(value: Any) -> Any:
        """The value with a place for every model in it; containers are copied."""
        if isinstance(value, Model):
            return of_model(value)
        if isinstance(value, dict):
            return {key: noted(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            made = tuple if isinstance(value, tuple) else list
            return made(map(noted, value)) if value and isinstance(value[0], Model | dict) else made(value)
        if isinstance(value, Field | Value | Expr):
            return _Spec(type(value), {field.name: noted(getattr(value, field.name)) for field in fields(value)})
        return value

    of_model(chart)
    return outline, models


class _Standing:
    """A chart on a page, and what was last said of it: what its visitor has changed since is in its models only."""

    def __init__(self, chart: figure) -> None:
        self.chart = chart
        self.outline, self._models = outlined(chart)

    def follow(self, drawn: Outline) -> None:
        """Say of this chart what is said of a drawing that has the same parts."""
        for model, before, now in zip(self._models, self.outline.said, drawn.said, strict=True):
            changed = {name: self._real(value) for name, value in now.items() if not _same(before.get(name, _NOTHING), value)}
            changed |= {name: model.lookup(name).instance_default(model) for name in before if name not in now}
            if isinstance(model, Range1d):
                changed = _keeping_zoom(model, before, changed)
            if changed:
                model.update(**changed)
        self.outline = drawn

    def _real(self, noted: Any) -> Any:
        """A noted value with the models of this chart in it."""
        if isinstance(noted, _Ref):
            return self._models[noted.place]
        if isinstance(noted, _Spec):
            return noted.kind(**{name: self._real(value) for name, value in noted.said.items()})
        if isinstance(noted, dict):
            return {key: self._real(one) for key, one in noted.items()}
        return list(map(self._real, noted)) if isinstance(noted, list) else noted


def _same(one: Any, other: Any) -> bool:
    """Whether two noted values are equal; NaN is equal to NaN."""
    return one is other or bool(one == other) or (one != one and other != other)  # NaN is not itself


def _keeping_zoom(shown: Range1d, before: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """The change of an axis without its ends, when its visitor zoomed to a stretch of time that is still there."""
    held = changed.get("bounds", before.get("bounds"))
    zoomed: tuple[Any, Any] = (shown.start, shown.end)  # milliseconds, on the axes that have bounds
    if not isinstance(held, tuple) or zoomed == before.get("bounds"):
        return changed
    low, high = held
    if not low <= zoomed[0] < zoomed[1] <= high:
        return {**changed, "start": low, "end": high}
    return {
        **{name: value for name, value in changed.items() if name not in ("start", "end")},
        "reset_start": low,
        "reset_end": high,
    }


class Drawing:
    """A view as a value: which panes it is made of, and the text or the outline of each."""

    def __init__(self, view: pn.viewable.Viewable) -> None:
        self.shape = _shape_of(view)
        self.contents: list[str | Outline] = [
            pane.object if isinstance(pane, pn.pane.HTML) else outlined(pane.object)[0] for pane in _panes_of(view)
        ]


def _panes_of(view: pn.viewable.Viewable) -> Sequence[Any]:
    panes: Sequence[Any] = view.select(lambda one: isinstance(one, pn.pane.HTML | pn.pane.Bokeh))
    return panes


def _shape_of(view: Any) -> object:
    """What a view is made of, but for the contents of its panes."""
    inside = tuple(map(_shape_of, view)) if isinstance(view, pn.layout.base.ListLike) else ()
    return type(view), str(view.styles), view.visible, inside


class Drawings:
    """Drawings that were made, for whoever looks at the same."""

    def __init__(self, most: int = DRAWINGS_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Drawing] = OrderedDict()

    def get(self, asked: Hashable) -> Drawing | None:
        """The drawing of what is asked; None when it is not kept."""
        if asked in self._kept:
            self._kept.move_to_end(asked)
        return self._kept.get(asked)

    def keep(self, asked: Hashable, drawing: Drawing) -> None:
        """Keep a drawing under what was asked."""
        self._kept[asked] = drawing
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


def minute_of(now: datetime) -> datetime:
    """Up to which minute a drawing that tells ages is as good as a new one."""
    return now.replace(second=0, microsecond=0)


class Place:
    """A place on a visitor's page, and what stands there."""

    def __init__(self, drawings: Drawings) -> None:
        self._drawings = drawings
        self._shape: object = None
        self._standing: list[Any] = []
        self.view = pn.Column(sizing_mode="stretch_width", margin=0)

    @property
    def chart(self) -> figure | None:
        """The first chart that stands here; None where there is none."""
        return next((one.chart for one in self._standing if isinstance(one, _Standing)), None)

    def show(self, asked: Hashable, draw: Callable[[], pn.viewable.Viewable]) -> pn.viewable.Viewable:
        """Show a view, changing as little as can be.

        Args:
            asked: everything that the view is made from; None for one that is not to be kept for others.
            draw: makes the view; called when nobody has drawn it, or when it has other parts than what stands here.

        Returns:
            The place itself.
        """
        with pn.io.hold():
            kept = None if asked is None else self._drawings.get(asked)
            if kept is None or not self._follow(kept):
                self._draw(asked, draw)
        return self.view

    def _draw(self, asked: Hashable, draw: Callable[[], pn.viewable.Viewable]) -> None:
        fresh = draw()
        drawing = Drawing(fresh)
        if asked is not None:
            self._drawings.keep(asked, drawing)
        if self._follow(drawing):
            return
        self._shape = drawing.shape
        self._standing = [pane if isinstance(pane, pn.pane.HTML) else _Standing(pane.object) for pane in _panes_of(fresh)]
        self.view[:] = [fresh]

    def _follow(self, drawing: Drawing) -> bool:
        """Take over the texts and numbers of a drawing; False, and nothing done, when it has other parts."""
        if drawing.shape != self._shape:
            return False
        pairs = list(zip(self._standing, drawing.contents, strict=True))
        if not all(isinstance(content, str) or standing.outline.kinds == content.kinds for standing, content in pairs):
            return False
        for standing, content in pairs:
            if isinstance(content, str):
                standing.object = content
            else:
                standing.follow(content)
        return True


def filled_by(shown: Callable[..., pn.viewable.Viewable]) -> pn.viewable.Viewable:
    """A part of a page that a bound function fills with its place; a wheel turns until that has been done once, and never again."""
    filled: Any = pn.panel(shown, inplace=True, defer_load=True, sizing_mode="stretch_width", min_height=400, styles=_WHOLE_WIDTH)
    view: pn.viewable.Viewable = filled  # panel promises less than it gives
    return view
