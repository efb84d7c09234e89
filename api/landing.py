"""The page at the root: what this is and where to go on."""

from html import escape

from litestar import MediaType, Response, get
from litestar.di import NamedDependency

from api.docs import PAGE_HEADERS, TITLE, page
from energy_dagster.store.errors import NoSnapshot, UnreadableSnapshot
from energy_dagster.store.reader import Store

_LINKS = {
    "/docs": "Documentation of every route, with examples",
    "/docs/openapi.json": "The OpenAPI schema",
    "/v1/series": "Every series",
    "/v1/forecasts?area=DK": "The newest forecast of Denmark",
    "/v1/forecasts/day-ahead/today?area=DK": "Today as it was forecast yesterday morning",
    "/v1/scorecard": "How good the forecasts were, last 30 days, beside the weekly naive",
    "/v1/snapshot": "What is published, and how new it is",
    "/health/ready": "Whether the API can answer",
}


@get("/", media_type=MediaType.HTML, include_in_schema=False, sync_to_thread=True)
def landing_page(store: NamedDependency[Store]) -> Response[str]:
    """What is served, with links; also when nothing is published yet."""
    links = "".join(f'<li><a href="{escape(href)}"><code>{escape(href)}</code></a> {text}</li>' for href, text in _LINKS.items())
    body = f"<h1>{TITLE}</h1><p>{_state(store)}</p><ul class=links>{links}</ul>"
    return Response(page(TITLE, body), media_type=MediaType.HTML, headers=PAGE_HEADERS)


def _state(store: Store) -> str:
    try:
        snapshot = store.snapshot()
    except NoSnapshot:
        return "Nothing is published yet."
    except UnreadableSnapshot:
        return "What is published cannot be read; <a href='/health/ready'>why</a>."
    label = "<strong class=label>SIMULATED</strong> " if snapshot.simulated else ""
    source = escape(snapshot.source)
    return f"{label}Snapshot <code>{escape(snapshot.snapshot_id)}</code> of {snapshot.as_of:%Y-%m-%d %H:%M} UTC, source {source}."
