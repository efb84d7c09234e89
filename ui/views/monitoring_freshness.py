"""The part of the monitoring page that shows how new the data is."""

from datetime import datetime

import panel as pn

from ui import fragments, scoreboard
from ui.drift import Finding
from ui.feature_names import table_content
from ui.manner import say
from ui.monitoring_data import FreshnessRead
from ui.punctuality import age_in_words, punctual
from ui.views.monitoring_cards import part
from ui.views.panes import html
from ui.wording import short_moment


def freshness_part(read: FreshnessRead, *, now: datetime, dagster: str | None) -> pn.viewable.Viewable:
    """Which tables are late, what else asks for a look, and every table with its age.

    Args:
        read: what the store holds.
        now: the platform's clock, by which ages are told.
        dagster: address of the Dagster UI, to which the tables are linked; None for no links.
    """
    about = say("Published {age}, as of {moment}", age=age_in_words(read.window.end, now), moment=short_moment(read.window.end))
    content = [html(f'<section class="panel">{scoreboard.findings([late_tables(read, now), *things_to_look_at(read)])}</section>')]
    if not any(table.rows for table in read.tables):
        content = [html(fragments.notice(say("Nothing is held yet"), say("Run `make forecast`, and this page fills by itself.")))]
    if read.attention:
        content.append(html(scoreboard.attention_table(read.attention, now=now, dagster=dagster)))
    content.append(html(scoreboard.freshness_table(read.tables, now=now, dagster=dagster)))
    return part(read.window, say("How new is the data?"), about, *content)


def late_tables(read: FreshnessRead, now: datetime) -> Finding:
    """Which tables are late, in a sentence."""
    late = [table.table for table in read.tables if punctual(table, now).state == "late"]
    if not late:
        return Finding("good", say("Every table is as new as its source lets it be."))
    told = "; ".join(f"{name} ({table_content(name)})" if table_content(name) else name for name in late)
    return Finding("warning", say("Late: {tables}.", tables=told))


def things_to_look_at(read: FreshnessRead) -> list[Finding]:
    """What the checks of the assets, the quarantine and the mirrors say, in a sentence each; of mirrors only when one lags."""
    checks, payloads, mirrors = (sum(one.kind == kind for one in read.attention) for kind in ("check", "payload", "mirror"))
    said = say("Checks that found something: {n}. The table below says what.", n=checks)
    kept = say("Answers of sources that could not be understood and lie in quarantine: {n}.", n=payloads)
    lagging = say("Mirrors that lag behind: {n}. Forecasts do not wait for them.", n=mirrors)
    return [
        Finding("warning", said) if checks else Finding("good", say("No check of an asset found anything.")),
        Finding("warning", kept) if payloads else Finding("good", say("Every answer of a source was understood.")),
        *([Finding("warning", lagging)] if mirrors else []),
    ]
