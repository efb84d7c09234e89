"""The REST API: read-only, over the published warehouse."""

import logging
import sys
from typing import Any, Final

from granian.utils.proxies import wrap_asgi_with_proxy_headers
from litestar import Litestar, Router
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.openapi import OpenAPIConfig
from litestar.types import LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send

from api.contract import KEYS, complete
from api.controllers.actuals import ActualController
from api.controllers.errors import ErrorController
from api.controllers.events import EventController
from api.controllers.forecasts import ForecastController
from api.controllers.health import HealthController
from api.controllers.issues import IssueController
from api.controllers.models import ModelController
from api.controllers.revisions import RevisionController
from api.controllers.scorecard import ScorecardController
from api.controllers.series import SeriesController
from api.controllers.snapshot import SnapshotController
from api.docs import DESCRIPTION, TITLE, LocalDocumentation, docs_router
from api.events import Announcer
from api.front.answer_cache import AnswerCache
from api.front.callers import Gate, Pace
from api.front.door import Door
from api.front.headers import Origins
from api.front.platform_metrics import PlatformMetrics
from api.front.telemetry import ACCESS, Telemetry
from api.landing import landing_page
from api.problems import HANDLERS
from api.reading_parameters import check_names
from api.schemas import API_VERSION
from energy_dagster.access_keys import KeyBook
from energy_dagster.settings import Settings
from energy_dagster.store.reader import Store

NOUNS: Final = (
    SeriesController,
    ForecastController,
    IssueController,
    ActualController,
    RevisionController,
    ErrorController,
    ScorecardController,
    ModelController,
    SnapshotController,
    EventController,
)

_MEGABYTE: Final = 1_000_000


class Api(Litestar):
    """The application behind its door."""

    door: Door

    async def __call__(self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend) -> None:
        """Every request goes through the door first."""
        if scope["type"] == ScopeType.HTTP:
            await self.door(scope, receive, send, super().__call__)  # type: ignore[arg-type]  # narrowed by what ran
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings, store: Store) -> Api:
    """The application over a store; it closes the store when it shuts down."""
    cache = AnswerCache(settings.api_kept_mb * _MEGABYTE)
    telemetry, book = Telemetry(cache), KeyBook(settings.api_keys)
    telemetry.registry.register(PlatformMetrics(store, settings.present))
    announcer = Announcer(store, telemetry, longest_seconds=settings.api_stream_seconds)
    app = Api(
        route_handlers=[
            Router("/v1", route_handlers=NOUNS, before_request=check_names),
            HealthController,
            landing_page,
        ],
        dependencies={
            "store": Provide(lambda: store, sync_to_thread=False),
            "telemetry": Provide(lambda: telemetry, sync_to_thread=False),
            "book": Provide(lambda: book, sync_to_thread=False),
            "announcer": Provide(lambda: announcer, sync_to_thread=False),
        },
        exception_handlers=HANDLERS,
        openapi_config=OpenAPIConfig(
            title=TITLE,
            version=API_VERSION,
            description=DESCRIPTION,
            path="/docs",
            use_handler_docstrings=True,
            components=KEYS,
            openapi_router=docs_router(),
            render_plugins=[LocalDocumentation(simulated=settings.simulated)],
        ),
        logging_config=None,  # the process that serves decides where logs go
        on_shutdown=[announcer.close, store.close],
    )
    complete(app.openapi_schema, keys_required=settings.api_require_key)
    app.door = Door(
        pointed=store.pointed,
        gate=Gate(book, required=settings.api_require_key),
        pace=Pace(settings.api_requests_per_minute),
        origins=Origins(settings.api_allowed_origins),
        cache=cache,
        telemetry=telemetry,
    )
    return app


def from_environment() -> Any:
    """The application as the environment's settings say; what the server starts."""
    settings = Settings()
    if settings.api_access_log:
        ACCESS.addHandler(logging.StreamHandler(sys.stdout))
        ACCESS.setLevel(logging.INFO)
        ACCESS.propagate = False
    app = create_app(settings, Store(settings.warehouse))
    trusted = [entry.strip() for entry in settings.api_trusted_proxies.split(",") if entry.strip()]
    return wrap_asgi_with_proxy_headers(app, trusted) if trusted else app
