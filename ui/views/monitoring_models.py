"""The part of the monitoring page that shows the models: which serves, whether it holds, what it looks at, all of them."""

from datetime import timedelta
from html import escape

import panel as pn

from ui import fragments, scoreboard
from ui.data import series_name
from ui.drift import age_of, drift, serving
from ui.manner import say
from ui.monitoring_data import Asked, ModelsRead
from ui.views.monitoring_cards import part
from ui.views.panes import html
from ui.wording import local, short_moment


def models_part(read: ModelsRead, asked: Asked) -> pn.viewable.Viewable:
    """The model that serves, marks for age and drift, what it looks at, and every training run."""
    title = say("Which model serves, and does it hold?")
    about = say("As of {moment}; drift is told for {name}", moment=short_moment(read.window.end), name=_name(asked))
    if not read.models:
        missing = fragments.notice(
            say("No model has been trained yet"), say("Until one is, the weekly naive is served: the same hour a week before.")
        )
        return part(read.window, title, about, html(missing))
    model = serving(read.models, read.newest_issue)
    last = local(read.window.end).date() - timedelta(days=1)
    found = [*([age_of(model, read.window.end)] if model else []), drift(read.days, last)]
    cards = fragments.cards(scoreboard.serving_cards(model, read.newest_issue))
    pieces = [cards, _panel(say("Age and drift"), scoreboard.findings(found))]
    if model is not None:
        why = f"<p><strong>{escape(scoreboard.verdict_name(model.verdict))}</strong>: {escape(model.reason)}</p>"
        pieces.append(_panel(say("Why this model"), why))
        bars = scoreboard.importance_bars(model)
        told = say("Share of what the trees gained by splitting on it; the longest bar is the largest share.")
        pieces.append(_panel(say("What the model looks at"), f'<p class="told">{escape(told)}</p>{bars}'))
    pieces.append(scoreboard.models_table(read.models, read.newest_issue))
    pieces.append(scoreboard.promotions_table(read.promotions))
    return part(read.window, title, about, *map(html, pieces))


def _name(asked: Asked) -> str:
    return series_name(asked.area, asked.consumer_group)


def _panel(title: str, content: str) -> str:
    return f'<section class="panel"><h3>{escape(title)}</h3>{content}</section>'
