"""The page about the data: whose they are, how late they come, what the words mean, and how a forecast is judged."""

from html import escape

import panel as pn

from energy_dagster.store.reader import Store
from energy_dagster.store.rows import Series, Snapshot
from ui import fragments
from ui.data import series_name
from ui.manner import say, speaking
from ui.state import SeriesChoice
from ui.views.notices import Notice, read_or_notice
from ui.views.panes import html
from ui.wording import ABSENT, grouped, moment_name, per_cent, short_moment


def about_view(choice: SeriesChoice, store: Store) -> pn.viewable.Viewable:
    """Sentences, and what is held of each series; it follows the edition of the data."""

    def body(**_: str) -> pn.viewable.Viewable:
        with speaking(choice.manner):
            answer = read_or_notice(store.series)
            return answer.view() if isinstance(answer, Notice) else render(list(answer.rows), answer.snapshot)

    return pn.Column(
        pn.panel(pn.bind(body, edition=choice.param.edition), sizing_mode="stretch_width"), sizing_mode="stretch_width"
    )


def render(series: list[Series], snapshot: Snapshot) -> pn.viewable.Viewable:
    """The page."""
    simulated = fragments.badge(say("SIMULATED"), "warning") if snapshot.simulated else ""
    parts = [
        f'<div class="heading">{fragments.heading(say("About the data"))}{simulated}</div>',
        f'<div class="sections">{"".join(_section(*one) for one in _sections(simulated=snapshot.simulated))}</div>',
        fragments.table(
            _headings(),
            [_row(one) for one in series],
            caption=say("What is held"),
        ),
        fragments.credit(snapshot),
    ]
    return pn.Column(*(html(part) for part in parts), sizing_mode="stretch_width", styles={"gap": "16px"})


def _section(title: str, text: str) -> str:
    return f'<section class="prose"><h2>{escape(title)}</h2><p>{escape(text)}</p></section>'


def _headings() -> tuple[str, ...]:
    spans = (say("First hour"), say("Newest hour"), say("Settled up to"))
    return (say("Series"), *spans, say("Hours"), say("Coverage"), say("Newest issue"))


def _row(one: Series) -> tuple[str, ...]:
    moments = (one.first_hour, one.newest_hour, one.newest_settled_hour)
    told = (ABSENT if moment is None else moment_name(moment) for moment in moments)
    issue = ABSENT if one.newest_issue is None else short_moment(one.newest_issue)
    return (series_name(one.area, one.consumer_group), *told, grouped(one.hours), per_cent(one.coverage, decimals=1), issue)


def _sections(*, simulated: bool) -> list[tuple[str, str]]:
    return [
        (
            say("What is shown"),
            say(
                "Electricity consumption of the price areas of Denmark in MWh per hour, which is also the mean power in MW. "
                "DK1 is west of the Great Belt, DK2 east of it, and Denmark is the sum of both."
            ),
        ),
        (
            say("Where it comes from"),
            say("Everything on these pages is simulated by the built-in sandbox: no number was measured anywhere.")
            if simulated
            else say(
                "Consumption is published by Energinet (Energi Data Service, CC BY 4.0), weather forecasts by Open-Meteo. "
                "They are read every hour and kept as they were first read."
            ),
        ),
        (
            say("Two truths"),
            say(
                "A preliminary value comes about two hours after an hour has ended and is not validated. Settlement corrects "
                "it about eight days later. Forecasts are judged against both, and hours not settled yet are drawn as "
                "provisional."
            ),
        ),
        (
            say("What a forecast is"),
            say(
                "Every hour a forecast of the next 48 hours is issued from what could be known at that moment, and is kept "
                "for ever. P50 is the line: half of the outcomes should lie above it. P10 to P90 should hold 80 % of them, P5 "
                "to P95 90 %."
            ),
        ),
        (
            say("How it is judged"),
            say(
                "By the mean absolute error, beside that of the weekly naive: the consumption of the same hour one week "
                "before. Skill is the share of the naive's error that the forecast avoids; 0 % is no better. The lead time is "
                "how far ahead was looked."
            ),
        ),
        (
            say("When something fails"),
            say(
                "A forecast does not stop when weather or consumption are late; it steps down and says so. Without a usable "
                "model the weekly naive itself is served, marked as a fallback."
            ),
        ),
    ]
