"""Pieces of HTML of the monitoring page: summed-up scores, odd days, settlement, the models, how new the data is."""

import json
from collections.abc import Sequence
from datetime import datetime
from html import escape

from energy_dagster.store.rows import Attention, Freshness, Issue, Model, Promotion, Scored
from ui.charts.daily import COVERAGE_TARGET, FORECASTERS, forecaster_name
from ui.drift import Finding, serving
from ui.feature_names import feature_name, table_content
from ui.fragments import Card, Tone, badge, notice
from ui.judged import judged
from ui.manner import say
from ui.odd_days import OddDays
from ui.punctuality import Punctuality, age_in_words, punctual
from ui.wording import ABSENT, day_name, grouped, local, megawatt_hours, moment_name, per_cent, short_moment

FEATURES_SHOWN = 12
ASSETS = {"models": "forecast_model"}
"""Assets that are not called like their table."""


class Markup(str):
    """Text of a cell that is HTML already."""

    __slots__ = ()


def nothing_scored() -> str:
    """What stands where no error is known."""
    return notice(
        say("No forecast has been scored in this period"),
        say("Errors appear about two hours after an hour has ended. A longer period or another area may have some."),
    )


def sheet(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    caption: str,
    text_columns: int = 1,
    wrapped: Sequence[int] = (),
) -> str:
    """A table whose cells are escaped unless they are `Markup`; all but the first `text_columns` columns are numbers."""
    classes = ["wrap" if n in wrapped else "" if n < text_columns else "number" for n in range(len(headings))]
    head = "".join(f'<th scope="col" class="{kind}">{escape(text)}</th>' for kind, text in zip(classes, headings, strict=True))
    body = "".join(
        "<tr>" + "".join(f'<td class="{kind}">{_cell(text)}</td>' for kind, text in zip(classes, row, strict=True)) + "</tr>"
        for row in rows
    )
    return (
        f'<figure class="table sheet"><figcaption>{escape(caption)}</figcaption>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></figure>"
    )


def _cell(text: str) -> str:
    return text if isinstance(text, Markup) else escape(text)


def score_cards(scores: Sequence[Scored]) -> list[Card]:
    """Skill, mean error, bias and coverage of the period, beside what the weekly naive and the grid operator did."""
    by_name = {row.forecaster: row for row in scores}
    ours = by_name.get("forecast")
    if ours is None:
        return []
    others = [
        f"{forecaster_name(name).lower()} {megawatt_hours(by_name[name].mae_mwh)} MWh"
        for name in FORECASTERS[1:]
        if name in by_name
    ]
    return [
        Card(say("Skill"), per_cent(ours.skill), "", say("mean error against the weekly naive's; 0 % is no better")),
        Card(say("Mean error"), megawatt_hours(ours.mae_mwh), "MWh", ", ".join(others)),
        Card(
            say("Error as a share of consumption"),
            per_cent(ours.wape, decimals=1),
            "",
            say("WAPE over {hours} hours", hours=grouped(ours.hours)),
        ),
        Card(say("Bias"), grouped(round(ours.bias_mwh) or 0, signed=True), "MWh", say("above zero: forecasts were too high")),
        Card(
            say("Inside P10 to P90"),
            per_cent(ours.coverage_80),
            "",
            say("{promised} were promised", promised=per_cent(COVERAGE_TARGET)),
        ),
    ]


def odd_days_table(kinds: Sequence[OddDays], *, caption: str) -> str:
    """The scores of every kind of day; of kinds with too few days that is said."""
    rows = []
    for kind in kinds:
        scores = kind.scores
        if scores is None:
            rows.append((kind.name, Markup(badge(say("none scored yet"))), "0", "0", *[ABSENT] * 4))
            continue
        verdict = (
            badge(say("too few days to judge"))
            if not kind.can_be_judged
            else badge(say("better than the naive"), "good")
            if (scores.skill or 0) > 0
            else badge(say("no better than the naive"), "warning")
        )
        rows.append(
            (
                kind.name,
                Markup(verdict),
                str(scores.days),
                grouped(scores.n),
                megawatt_hours(scores.mae_mwh),
                megawatt_hours(scores.naive_mae_mwh),
                per_cent(scores.skill),
                grouped(round(scores.bias_mwh) or 0, signed=True),
            )
        )
    headings = (
        say("Kind of day"),
        say("Verdict"),
        say("Days"),
        say("Forecasts"),
        say("Mean error, MWh"),
        say("Weekly naive, MWh"),
        say("Skill"),
        say("Bias, MWh"),
    )
    return sheet(headings, rows, caption=caption, text_columns=2)


def vintages_table(preliminary: Sequence[Scored], settled: Sequence[Scored], *, caption: str) -> str:
    """Every forecaster's errors against the preliminary and the settled truth of the same days."""
    rows = []
    for name in FORECASTERS:
        first, late = judged(preliminary, name), judged(settled, name)
        if first is None or late is None:
            continue
        rows.append(
            (
                forecaster_name(name),
                str(late.days),
                megawatt_hours(first.mae_mwh),
                megawatt_hours(late.mae_mwh),
                grouped(round(first.bias_mwh) or 0, signed=True),
                grouped(round(late.bias_mwh) or 0, signed=True),
                ABSENT if name == "weekly_naive" else per_cent(first.skill),
                ABSENT if name == "weekly_naive" else per_cent(late.skill),
            )
        )
    headings = (
        say("Forecaster"),
        say("Days"),
        say("Mean error, preliminary, MWh"),
        say("Mean error, settled, MWh"),
        say("Bias, preliminary, MWh"),
        say("Bias, settled, MWh"),
        say("Skill, preliminary"),
        say("Skill, settled"),
    )
    return sheet(headings, rows, caption=caption)


def serving_cards(model: Model | None, newest_issue: Issue | None) -> list[Card]:
    """Which model serves, since when, what it learned from, and how it did on hours it had not seen."""
    if newest_issue is None:
        return [Card(say("Serving now"), ABSENT, "", say("no forecast has been made yet"))]
    made = say("made the newest forecast, {moment}", moment=short_moment(newest_issue.issued_at))
    if model is None:
        return [Card(say("Serving now"), newest_issue.model_version, "", made)]
    return [
        Card(say("Serving now"), verdict_name(model.verdict), "", f"{model.model_version}, {made}"),
        Card(
            say("Serves since"),
            day_name(local(model.serves_from).date()),
            "",
            say("trained {moment}", moment=short_moment(model.trained_at)),
        ),
        Card(
            say("Learned from"),
            grouped(model.training_rows),
            say("rows"),
            say("{start} to {end}", start=moment_name(model.training_start), end=moment_name(model.training_end)),
        ),
        Card(
            say("Skill, held out"),
            per_cent(model.holdout_skill),
            "",
            say(
                "mean error {error} MWh, weekly naive {naive} MWh",
                error=megawatt_hours(model.holdout_mae_mwh),
                naive=megawatt_hours(model.holdout_naive_mae_mwh),
            ),
        ),
    ]


def findings(found: Sequence[Finding]) -> str:
    """Sentences, each with its mark in words."""
    words = {"good": say("good"), "warning": say("look closer"), "plain": say("not known yet")}
    items = "".join(f"<li>{badge(words[one.mark], one.mark)} <span>{escape(one.said)}</span></li>" for one in found)
    return f'<ul class="findings">{items}</ul>'


def verdict_name(verdict: str) -> str:
    """A verdict in words."""
    return {"champion": say("champion"), "challenger": say("challenger")}.get(verdict, verdict)


def models_table(models: Sequence[Model], newest_issue: Issue | None) -> str:
    """Every trained model with its verdict and why."""
    now_serving = serving(models, newest_issue)
    rows = [
        (
            model.model_version,
            Markup(
                badge(verdict_name(model.verdict), "good" if model.verdict == "champion" else "plain")
                + (f" {badge(say('serving'), 'good')}" if model is now_serving else "")
            ),
            day_name(local(model.serves_from).date()),
            per_cent(model.holdout_skill),
            megawatt_hours(model.holdout_mae_mwh),
            megawatt_hours(model.holdout_naive_mae_mwh),
            megawatt_hours(model.holdout_champion_mae_mwh),
            per_cent(model.holdout_coverage_80),
            model.reason,
        )
        for model in models
    ]
    headings = (
        say("Model"),
        say("Verdict"),
        say("Serves from"),
        say("Skill"),
        say("Mean error, MWh"),
        say("Weekly naive, MWh"),
        say("Champion then, MWh"),
        say("Inside P10 to P90"),
        say("Why"),
    )
    return sheet(headings, rows, caption=say("Training runs and their held-out scores, newest first"), text_columns=3, wrapped=(8,))


def importance_bars(model: Model) -> str:
    """The share of a model's gain that each feature brings, largest first, the small ones together."""
    shares = sorted(_importance(model).items(), key=lambda pair: -pair[1])
    shown = [(feature_name(name), share) for name, share in shares[:FEATURES_SHOWN]]
    rest = shares[FEATURES_SHOWN:]
    if rest:
        shown.append((say("{count} others together", count=len(rest)), sum(share for _, share in rest)))
    longest = max((share for _, share in shown), default=0) or 1
    items = "".join(
        f'<li class="{"rest" if number == FEATURES_SHOWN else ""}"><span class="name">{escape(name)}</span>'
        f'<span class="track"><i style="width: {share / longest:.1%}"></i></span>'
        f'<span class="share">{escape(per_cent(share, decimals=1))}</span></li>'
        for number, (name, share) in enumerate(shown)
    )
    return f'<ol class="bars">{items}</ol>'


def _importance(model: Model) -> dict[str, float]:
    try:
        read = json.loads(model.importance)
    except ValueError:
        return {}
    return {str(name): float(share) for name, share in read.items()} if isinstance(read, dict) else {}


def promotions_table(decided: Sequence[Promotion]) -> str:
    """Who decided which model serves, when and why; trainings decide about their own."""
    words: dict[str, tuple[str, Tone]] = {
        "promoted": (say("promoted"), "good"),
        "refused": (say("refused"), "plain"),
        "withdrawn": (say("withdrawn"), "warning"),
    }
    rows = [
        (
            one.model_version,
            Markup(badge(*words[one.action])),
            short_moment(one.decided_at),
            say("its training") if one.decided_by == "training" else one.decided_by,
            one.reason,
        )
        for one in decided
    ]
    headings = (say("Model"), say("Decision"), say("When"), say("By"), say("Why"))
    return sheet(headings, rows, caption=say("Who decided what serves"), text_columns=5, wrapped=(4,))


def attention_table(found: Sequence[Attention], *, now: datetime, dagster: str | None) -> str:
    """What asks for a look: what was found, of what, and for how long; assets are linked to the Dagster UI."""
    kinds = {"check": say("check"), "payload": say("in quarantine"), "mirror": say("mirror")}
    tones: dict[str, tuple[str, Tone]] = {"error": (say("stops what follows"), "warning"), "warning": (say("warning"), "warning")}
    rows = [
        (
            Markup(f"<code>{escape(one.subject)}</code>" if one.kind == "payload" else _asset_link(one.subject, dagster)),
            f"{kinds[one.kind]}: {one.name if one.kind == 'payload' else one.name.replace('_', ' ')}",
            one.told,
            Markup(badge(*tones[one.severity])),
            age_in_words(one.found_at, now),
        )
        for one in found
    ]
    headings = (say("Of what"), say("Who says so"), say("What was found"), say("State"), say("Found"))
    return sheet(headings, rows, caption=say("What asks for a look"), text_columns=5, wrapped=(1, 2))


def freshness_table(tables: Sequence[Freshness], *, now: datetime, dagster: str | None) -> str:
    """How old each table is and whether it is late, with a link to its asset in the Dagster UI where its address is given."""
    words: dict[Punctuality, tuple[str, Tone]] = {
        "on time": (say("on time"), "good"),
        "late": (say("late"), "warning"),
        "empty": (say("empty"), "plain"),
        "on demand": (say("on demand"), "plain"),
    }
    rows = []
    for table in tables:
        stands = punctual(table, now)
        told, tone = words[stands.state]
        late = "" if stands.state != "late" or stands.due is None else say("should reach {due}", due=short_moment(stands.due))
        rows.append(
            (
                Markup(_asset_link(table.table, dagster)),
                table_content(table.table),
                Markup(badge(told, tone) + (f' <span class="why">{escape(late)}</span>' if late else "")),
                age_in_words(table.newest, now) if table.newest else ABSENT,
                short_moment(table.newest) if table.newest else ABSENT,
                grouped(table.rows),
            )
        )
    headings = (say("Table"), say("What it holds"), say("State"), say("Age"), say("Newest"), say("Rows"))
    return sheet(headings, rows, caption=say("Every table and its newest value"), text_columns=5, wrapped=(1,))


def _asset_link(table: str, dagster: str | None) -> str:
    name = f"<code>{escape(table)}</code>"
    if dagster is None:
        return name
    address = f"{dagster.rstrip('/')}/assets/{ASSETS.get(table, table)}"
    return f'<a href="{escape(address)}" target="_blank" rel="noopener">{name}</a>'
