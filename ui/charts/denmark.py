"""The map of Denmark on which an area is chosen; schematic: coasts in a few strokes, Bornholm moved to where there is room."""

from collections.abc import Sequence
from math import cos, radians
from typing import Any, Final, Literal

from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, HoverTool, Range1d
from bokeh.plotting import figure

from ui.data import series_name
from ui.manner import say
from ui.theme import FONT, palette

Point = tuple[float, float]
PriceArea = Literal["DK1", "DK2"]

_NORTH_SOUTH: Final = (54.45, 57.9)
_WEST_EAST: Final = (7.85, 12.85)
_BORNHOLM_MOVED: Final = (-2.55, 1.75)
"""Degrees of longitude and latitude."""

_JUTLAND: Final = (
    (8.65, 54.91), (9.10, 54.87), (9.44, 54.83), (9.62, 54.93), (9.80, 54.87), (10.06, 54.90), (9.80, 55.07), (9.45, 55.04),
    (9.72, 55.27), (9.50, 55.30), (9.56, 55.49), (9.72, 55.58), (9.60, 55.70), (10.01, 55.71), (9.90, 55.85), (10.22, 55.88),
    (10.25, 56.05), (10.22, 56.16), (10.38, 56.28), (10.52, 56.11), (10.72, 56.18), (10.95, 56.42), (10.80, 56.53),
    (10.33, 56.60), (10.27, 56.80), (10.35, 56.99), (10.53, 57.20), (10.55, 57.44), (10.47, 57.57), (10.64, 57.74),
    (10.40, 57.68), (9.97, 57.59), (9.70, 57.37), (9.40, 57.17), (9.02, 57.14), (8.62, 57.12), (8.42, 56.98), (8.24, 56.80),
    (8.19, 56.66), (8.12, 56.50), (8.11, 56.05), (8.17, 55.80), (8.08, 55.56), (8.40, 55.46), (8.64, 55.27), (8.66, 55.08),
)  # fmt: skip
_FUNEN: Final = (
    (9.73, 55.51), (10.08, 55.58), (10.45, 55.48), (10.62, 55.61), (10.70, 55.47), (10.80, 55.31), (10.83, 55.15), (10.72, 55.05),
    (10.25, 55.06), (9.99, 55.16), (9.87, 55.26), (9.84, 55.38),
)  # fmt: skip
_LANGELAND: Final = ((10.95, 55.16), (10.90, 54.93), (10.68, 54.73), (10.72, 54.90), (10.86, 55.15))
_ZEALAND: Final = (
    (10.87, 55.74), (11.12, 55.68), (11.35, 55.74), (11.45, 55.88), (11.30, 55.98), (11.76, 55.96), (11.86, 55.97), (12.02, 56.08),
    (12.30, 56.13), (12.62, 56.04), (12.52, 55.90), (12.60, 55.72), (12.67, 55.60), (12.50, 55.57), (12.22, 55.47), (12.45, 55.30),
    (12.20, 55.22), (12.12, 55.13), (12.10, 55.01), (11.90, 55.02), (11.68, 55.18), (11.26, 55.20), (11.13, 55.33), (11.18, 55.48),
    (11.10, 55.62),
)  # fmt: skip
_LOLLAND: Final = ((11.02, 54.93), (11.45, 54.94), (11.78, 54.84), (11.84, 54.67), (11.50, 54.61), (11.35, 54.65), (11.02, 54.76))
_FALSTER: Final = ((11.83, 54.96), (12.14, 54.94), (12.17, 54.83), (11.98, 54.56), (11.90, 54.68), (11.84, 54.82))
_MOEN: Final = ((12.14, 55.02), (12.32, 55.04), (12.55, 54.98), (12.28, 54.90))
_BORNHOLM: Final = ((14.77, 55.30), (15.00, 55.24), (15.14, 55.14), (15.08, 54.99), (14.70, 55.08))
_SHORES: Final[dict[PriceArea, tuple[Sequence[Point], ...]]] = {
    "DK1": (_JUTLAND, _FUNEN, _LANGELAND),
    "DK2": (
        _ZEALAND,
        _LOLLAND,
        _FALSTER,
        _MOEN,
        tuple((east + _BORNHOLM_MOVED[0], north + _BORNHOLM_MOVED[1]) for east, north in _BORNHOLM),
    ),
}
_WIDTH_OF_A_DEGREE = cos(radians(56))
_NAMES_AT: Final[dict[PriceArea, Point]] = {"DK1": (9.2, 56.2), "DK2": (11.85, 55.52)}


def area_at(east: float, north: float) -> str:
    """The area in which a place of the map lies; all of Denmark on the sea.

    >>> area_at(9.2, 56.2), area_at(12.1, 55.6), area_at(12.3, 56.9), area_at(11.2, 56.9)
    ('DK1', 'DK2', 'DK2', 'DK')
    """
    return next((area for area, shores in _SHORES.items() if any(_holds(shore, east, north) for shore in shores)), "DK")


def _holds(shore: Sequence[Point], east: float, north: float) -> bool:
    """Whether a place lies within a shore: a ray from it to the east crosses the shore an odd number of times."""
    inside = False
    for (from_east, from_north), (to_east, to_north) in zip(shore, [*shore[1:], shore[0]], strict=True):
        if (from_north > north) != (to_north > north):
            inside ^= east < from_east + (north - from_north) / (to_north - from_north) * (to_east - from_east)
    return inside


def denmark_map(chosen: str) -> figure:
    """Denmark's price areas, the chosen one lit; a click on it is told in degrees of longitude and latitude."""
    height = 198
    degrees = (_WEST_EAST[1] - _WEST_EAST[0]) * _WIDTH_OF_A_DEGREE / (_NORTH_SOUTH[1] - _NORTH_SOUTH[0])
    fig = figure(
        width=round(height * degrees),
        height=height,
        x_range=Range1d(start=_WEST_EAST[0], end=_WEST_EAST[1]),
        y_range=Range1d(start=_NORTH_SOUTH[0], end=_NORTH_SOUTH[1]),
        tools="",
        toolbar_location=None,
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        min_border=0,
    )
    fig.axis.visible = False
    fig.grid.visible = False
    shores = [(area, shore) for area, areas in _SHORES.items() for shore in areas]
    source = ColumnDataSource(
        {
            "xs": [[east for east, _ in shore] for _, shore in shores],
            "ys": [[north for _, north in shore] for _, shore in shores],
            "area": [area for area, _ in shores],
            "sentence": [say("Show {area}", area=series_name(area, "total")) for area, _ in shores],
            "colour": _colours([area for area, _ in shores], chosen),
        }
    )
    land = fig.patches("xs", "ys", source=source, fill_color="colour", line_color=palette().paper, line_width=1)
    names = ColumnDataSource(
        {
            "x": [east for east, _ in _NAMES_AT.values()],
            "y": [north for _, north in _NAMES_AT.values()],
            "area": list(_NAMES_AT),
            "colour": _inks(list(_NAMES_AT), chosen),
        }
    )
    style: dict[str, Any] = {
        "text_align": "center",
        "text_baseline": "middle",
        "text_font": value(FONT),
        "text_font_size": "13px",
        "text_font_style": "bold",
    }
    fig.text("x", "y", "area", source=names, text_color="colour", **style)
    tooltip = f'<div style="font: 13px/1.4 {FONT}; color: {palette().ink}">@sentence</div>'
    fig.add_tools(HoverTool(renderers=[land], tooltips=tooltip, visible=False))
    return fig


def light_up(fig: figure, chosen: str) -> None:
    """Light the chosen area of a map that is shown."""
    for drawn, colours in zip(fig.renderers, (_colours, _inks), strict=True):
        source: Any = getattr(drawn, "data_source", None)  # as made above: first the land, then its names
        source.data = {**source.data, "colour": colours(source.data["area"], chosen)}


def _colours(areas: Sequence[str], chosen: str) -> list[str]:
    return [palette().forecast if chosen in (area, "DK") else palette().line_strong for area in areas]


def _inks(areas: Sequence[str], chosen: str) -> list[str]:
    return [palette().paper if chosen in (area, "DK") else palette().ink for area in areas]
