"""What can be taken along: the shown forecast as files, and the call of the API that gives the same."""

from collections.abc import Callable
from html import escape
from io import BytesIO, StringIO

import panel as pn
from bokeh.plotting import figure

from ui.forecast_data import ForecastData
from ui.manner import say
from ui.theme import palette
from ui.views.forecast_files import api_call, can_write_parquet, file_name, forecast_csv, forecast_parquet
from ui.views.forecast_time import BUTTON_STYLE
from ui.views.panes import CARD_STYLE, html

_FIND = """
const find = (view) => {
  if (view.model.name === "fan") return view
  for (const child of [...(view.child_views ?? []), ...(view._child_views?.values() ?? [])]) {
    const found = find(child)
    if (found) return found
  }
  return null
}
const view = Bokeh.index.roots.map(find).find((found) => found != null)
const [name, paper, call] = view.model.tags
"""
_PNG = """
const drawn = view.export("auto", true).canvas
const sheet = document.createElement("canvas")
sheet.width = drawn.width
sheet.height = drawn.height
const paint = sheet.getContext("2d")
paint.fillStyle = paper
paint.fillRect(0, 0, sheet.width, sheet.height)
paint.drawImage(drawn, 0, 0)
const link = document.createElement("a")
link.href = sheet.toDataURL("image/png")
link.download = name
link.click()
"""
_COPY = "navigator.clipboard.writeText(call)"


def label_for_files(chart: figure, data: ForecastData) -> None:
    """Tell a chart what the browser needs to save it as a picture, and the call that gives its numbers."""
    chart.name = "fan"
    chart.tags = [file_name(data, "png"), palette().paper, api_call(data)]


class Downloads:
    """What is shown as files, and the call of the API that gives the same.

    Args:
        shown: what is shown when a file is asked for; never called while nothing is.
    """

    def __init__(self, shown: Callable[[], ForecastData]) -> None:
        def csv() -> StringIO:
            return StringIO(forecast_csv(shown().forecast, shown().snapshot))

        def parquet() -> BytesIO:
            return forecast_parquet(shown().forecast, shown().snapshot)

        self._files = {"csv": _file(say("Download CSV"), csv)}
        if can_write_parquet():
            self._files["parquet"] = _file(say("Download Parquet"), parquet)
        png, copy = _button(say("Download PNG")), _button(say("Copy the API call"))
        png.js_on_click(code=_FIND + _PNG)
        copy.js_on_click(code=_FIND + _COPY)
        self._call = html("")
        self.view = pn.Column(
            html(f"<h2>{escape(say('Take it along'))}</h2>"),
            pn.FlexBox(*self._files.values(), png, copy, sizing_mode="stretch_width", gap="8px", margin=0),  # type: ignore[no-untyped-call]  # panel does not annotate it
            self._call,
            sizing_mode="stretch_width",
            margin=0,
            styles={**CARD_STYLE, "padding": "16px", "gap": "10px"},
        )

    def follow(self, data: ForecastData) -> None:
        """Name the files and the call of what is shown now."""
        for ending, widget in self._files.items():
            widget.filename = file_name(data, ending)
        told = say("The API gives the same numbers:")
        self._call.object = f'<p class="about call">{escape(told)} <code>{escape(api_call(data))}</code></p>'


def _file(label: str, content: Callable[[], StringIO | BytesIO]) -> pn.widgets.FileDownload:
    return pn.widgets.FileDownload(  # type: ignore[no-untyped-call]  # panel does not annotate it
        callback=content, filename="forecast", label=label, width=165, height=44, margin=0, stylesheets=[BUTTON_STYLE]
    )


def _button(label: str) -> pn.widgets.Button:
    return pn.widgets.Button(label=label, width=165, height=44, margin=0, stylesheets=[BUTTON_STYLE])  # type: ignore[no-untyped-call]  # panel does not annotate it
