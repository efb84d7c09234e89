"""The self-contained page: one HTML file with the forecasts, readable without a server and without the internet."""

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

from bokeh.embed import components
from bokeh.util.paths import bokehjs_path
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from energy_dagster.domain.tables import AREAS, LEAD_BUCKET_NAMES
from energy_dagster.store.reader import Store
from energy_dagster.store.rows import Scored, Snapshot
from ui import fragments
from ui.charts.fan import P50, P90, fan_chart
from ui.data import series_name
from ui.forecast_data import ForecastData, read_forecast
from ui.summary import next_hours, peak, two_days
from ui.theme import FONT, TEMPLATES, stylesheet, variables
from ui.wording import gigawatt_hours, hour_span, megawatt_hours, moment_name, per_cent, short_moment

TITLE = "Electricity consumption of Denmark: the next 48 hours"
_UNBREAKABLE = "\N{NO-BREAK SPACE}"


def write_page(path: Path, *, store: Store) -> Path:
    """Write the page of the newest forecasts, whole or not at all.

    Args:
        path: where to write; its folder is made when absent.
        store: the published warehouse.

    Returns:
        The path.

    Raises:
        NoSnapshot: nothing has been published.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    html = render_page(store)
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(html)
        file.flush()
        os.fsync(file.fileno())
    written = Path(file.name)
    written.chmod(0o644)
    return written.replace(path)


def render_page(store: Store) -> str:
    """The page as text; it loads nothing from anywhere."""
    found = [data for area in AREAS if (data := read_forecast(store, area)).forecast]
    snapshot = found[0].snapshot if found else store.snapshot()
    scores = _scores(store, found)
    figures = [
        fan_chart(
            data.forecast,
            data.actuals,
            naive=[row.naive_mwh for row in data.forecast],
            title="",
            simulated=data.snapshot.simulated,
            height=420 if n == 0 else 340,
        )
        for n, data in enumerate(found)
    ]
    script, divs = components(figures) if figures else ("", ())
    return _template().render(
        title=TITLE,
        font=FONT,
        page_css=(TEMPLATES / "page.css").read_text(encoding="utf-8"),
        shared_css=stylesheet(),
        variables=variables(),
        bokeh_js=_bokeh_js() if found else "",
        script=script,
        simulated=snapshot.simulated,
        headline=_headline(found),
        lead=_lead(found, scores),
        cards=fragments.cards(fragments.forecast_cards(found[0])) if found else "",
        areas=[_area(data, chart) for data, chart in zip(found, divs, strict=True)],
        scores=fragments.scores_table(scores, caption=_period(found)) if scores else "",
        facts=_facts(found[0], snapshot) if found else [],
        empty=fragments.notice("No forecast has been published yet", "Run `make forecast`, then open this page again."),
        credit=fragments.credit(snapshot),
    )


def _bokeh_js() -> str:
    """Bokeh's own script. Not through `bokeh.resources`, to which panel, once imported, adds files of its own."""
    return (bokehjs_path() / "js" / "bokeh.min.js").read_text(encoding="utf-8")


def _template() -> Template:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("page.html")


def _scores(store: Store, found: Sequence[ForecastData]) -> list[Scored]:
    """Every lead of every shown area over all errors that are held."""
    shown = {(data.area, data.consumer_group) for data in found}
    judged = (*store.scorecard().rows, *store.scorecard(["lead_bucket"]).rows)
    return [score for score in judged if (score.area, score.consumer_group) in shown]


def _headline(found: Sequence[ForecastData]) -> str:
    if not found:
        return TITLE
    tomorrow = two_days(found[0].forecast, actuals=found[0].actuals, day_ahead=found[0].day_ahead)[1]
    place = series_name(found[0].area, found[0].consumer_group)
    if not tomorrow.is_complete:
        return f"{place}: the next {len(found[0].forecast)} hours of electricity consumption"
    day = f"{tomorrow.day:%A} {tomorrow.day.day}{_UNBREAKABLE}{tomorrow.day:%B}"
    return f"{place} is expected to use {gigawatt_hours(tomorrow.energy_mwh)}{_UNBREAKABLE}GWh tomorrow, {day}"


def _lead(found: Sequence[ForecastData], scores: Sequence[Scored]) -> str:
    if not found:
        return "Forecasts with honest uncertainty, and how good each of them was."
    said = [f"Forecast of the next {len(found[0].forecast)} hours, made {moment_name(found[0].forecast[0].issued_at)}."]
    top = peak(found[0].forecast)
    if top is not None:
        said.append(f"The next peak is {megawatt_hours(top.quantiles[P50])} MWh, {hour_span(top.hour_utc)}.")
    score = next((row for row in scores if row.area == found[0].area and row.forecaster == "forecast"), None)
    if score is not None and score.skill is not None and score.skill > 0:
        said.append(f"Past forecasts had a mean error {per_cent(score.skill)} smaller than repeating last week.")
    return " ".join(said).replace(" %", f"{_UNBREAKABLE}%")


def _area(data: ForecastData, chart: str) -> dict[str, str]:
    name = series_name(data.area, data.consumer_group)
    top = peak(data.forecast)
    spoken = f"Chart of the consumption of {name}: a week measured and {len(data.forecast)} hours forecast"
    if top is not None:
        line, high = megawatt_hours(top.quantiles[P50]), megawatt_hours(top.quantiles[P90])
        spoken += f", highest {hour_span(top.hour_utc)} with {line} MWh, P90 {high}"
    return {
        "name": name,
        "badges": fragments.badges(data, is_stale=False),
        "chart": chart,
        "spoken": spoken,
        "table": fragments.hours_table(next_hours(data.forecast), caption=f"{name}, MWh per hour, local time"),
    }


def _period(found: Sequence[ForecastData]) -> str:
    return f"Every scored hour and issue, leads of {int(LEAD_BUCKET_NAMES[0][:2])} to {len(found[0].forecast)} hours"


def _facts(data: ForecastData, snapshot: Snapshot) -> list[tuple[str, str]]:
    first = data.forecast[0]
    return [
        ("Issued at", moment_name(first.issued_at)),
        ("Model", first.model_version),
        ("Newest consumption known", short_moment(first.consumption_cutoff)),
        ("Newest weather run known", short_moment(first.weather_cutoff) if first.weather_cutoff else "none"),
        (
            "Kind",
            "live: made within its own hour" if first.origin == "live" else "replay: made from what was known at the issue time",
        ),
        ("Source", snapshot.source),
    ]
