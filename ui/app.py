"""The app: two pages over the published warehouse, served by Panel and needing no other host."""

import gc
from collections.abc import Callable
from html import escape

import panel as pn

from energy_dagster.settings import Settings
from energy_dagster.store.errors import NoSnapshot, UnreadableSnapshot
from energy_dagster.store.memory import Memory
from energy_dagster.store.reader import Store
from ui.manner import LANGUAGES, say, speaking
from ui.state import ForecastChoice, MonitoringChoice, SeriesChoice
from ui.theme import FONT, TEMPLATES, variables
from ui.views.about import about_view
from ui.views.forecast import forecast_view
from ui.views.monitoring import monitoring_view
from ui.views.panes import html
from ui.views.redraw import Drawings

REFRESH_MS = 3_000
"""How often a page looks for a new snapshot; a look costs the reading of one small file."""

Page = Callable[[], pn.Template]
LOOPBACK = "127.0.0.1"
_PAGES = ("forecast", "monitoring", "about")


def create_app(settings: Settings, store: Store) -> dict[str, Page]:
    """The app's pages by path, for `panel.serve`; each visit gets a page of its own."""
    drawings = Drawings()

    def forecast() -> pn.Template:
        choice = ForecastChoice()
        _live(choice, settings, store)
        with speaking(choice.manner):
            body = forecast_view(choice, store, settings.present, drawings)
            return _page("forecast", choice, body, simulated=is_simulated(settings, store))

    def monitoring() -> pn.Template:
        choice = MonitoringChoice()
        _live(choice, settings, store)
        with speaking(choice.manner):
            view = monitoring_view(choice, store, dagster=settings.dagster_address, present=settings.present, drawings=drawings)
            return _page("monitoring", choice, view, simulated=is_simulated(settings, store))

    def about() -> pn.Template:
        choice = SeriesChoice()
        _live(choice, settings, store)
        with speaking(choice.manner):
            return _page("about", choice, about_view(choice, store), simulated=is_simulated(settings, store))

    return {"/": forecast, "/forecast": forecast, "/monitoring": monitoring, "/about": about}


def edition_of(settings: Settings, store: Store) -> str:
    """Which state of the data a page shows: the snapshot and the hour, or why there is none."""
    try:
        state = store.snapshot().snapshot_id
    except (NoSnapshot, UnreadableSnapshot, OSError) as error:
        state = type(error).__name__
    return f"{state}/{settings.present():%Y%m%d%H}"


def is_simulated(settings: Settings, store: Store) -> bool:
    """Whether the published numbers are simulated; before anything is published, whether they will be."""
    try:
        return store.snapshot().simulated
    except (NoSnapshot, UnreadableSnapshot, OSError):
        return settings.simulated


def _live(choice: SeriesChoice, settings: Settings, store: Store) -> None:
    """Tie a choice to the address of the page, and let it notice new data."""
    choice.edition = edition_of(settings, store)
    if pn.state.location is not None:
        pn.state.location.sync(choice, dict(choice.names_in_address), on_error=choice.accept)

    def look() -> None:
        choice.edition = edition_of(settings, store)

    pn.state.add_periodic_callback(look, period=REFRESH_MS)


def _page(path: str, choice: SeriesChoice, body: pn.viewable.Viewable, *, simulated: bool) -> pn.Template:
    def navigation(*_: str) -> str:
        with speaking(choice.manner):
            return _navigation(path, choice)

    page = pn.Template((TEMPLATES / "app.html").read_text(encoding="utf-8"), location=True)
    links = html("")
    links.object = pn.bind(navigation, *(choice.param[name] for name in choice.names_in_address))
    links.sizing_mode = None
    page.add_variable("page_title", f"{_page_name(path)}: {say('electricity consumption of Denmark')}")
    page.add_variable("site_name", say("Electricity consumption of Denmark"))
    page.add_variable(
        "simulated", say("SIMULATED DATA: the numbers come from the built-in sandbox, not from a meter") if simulated else ""
    )
    page.add_variable("language", choice.language)
    page.add_variable("variables", variables())
    page.add_variable("font", FONT)
    page.add_panel("navigation", links)
    page.add_panel("body", body)
    return page


def _page_name(path: str) -> str:
    return {"forecast": say("Forecast"), "monitoring": say("Monitoring"), "about": say("About")}[path]


def _navigation(path: str, choice: SeriesChoice) -> str:
    """Links to the pages, and to this page in the other language and the other light."""
    pages = "".join(
        f'<a href="{escape(choice.link_to(page))}"{" aria-current=page" if page == path else ""}>{escape(_page_name(page))}</a>'
        for page in _PAGES
    )
    other = next(language for language in LANGUAGES if language != choice.language)
    light = "light" if choice.light == "dark" else "dark"
    said = say("Dark") if light == "dark" else say("Light")
    return (
        f'<nav aria-label="{escape(say("Pages"))}">{pages}'
        f'<a class="switch" lang="{other}" href="{escape(choice.link_here(path, lang=other))}">{LANGUAGES[other]}</a>'
        f'<a class="switch" href="{escape(choice.link_here(path, light=light))}">{escape(said)}</a></nav>'
    )


def _collect_garbage_seldom() -> None:
    """A drawing makes thousands of objects that live as long as it is shown; looking them through took half its time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def serve(settings: Settings, *, host: str = LOOPBACK) -> None:
    """Serve the app until interrupted, on the loopback interface unless another address is given.

    On the loopback interface only pages of this machine may open the app's socket; on any other, pages of every host may.
    """
    local = [f"{name}:{settings.ui_port}" for name in ("localhost", LOOPBACK)]
    origins = local if host == LOOPBACK else ["*"]
    _collect_garbage_seldom()
    with Store(settings.warehouse, memory=Memory()) as store:
        pn.serve(  # type: ignore[no-untyped-call]  # panel does not annotate it
            create_app(settings, store),
            address=host,
            port=settings.ui_port,
            websocket_origin=origins,
            show=False,
            admin=False,
        )
