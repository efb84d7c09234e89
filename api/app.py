"""The REST API: read-only, over the published warehouse."""

from typing import Final

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig

from api.controllers.actuals import ActualController
from api.controllers.errors import ErrorController
from api.controllers.forecasts import ForecastController
from api.controllers.health import HealthController
from api.controllers.models import ModelController
from api.controllers.revisions import RevisionController
from api.controllers.scores import ScoreController
from api.controllers.series import SeriesController
from api.controllers.snapshot import SnapshotController
from api.docs import DESCRIPTION, TITLE, LocalDocumentation, docs_router
from api.landing import landing_page
from api.parameters import check_names
from api.problems import HANDLERS
from api.schemas import API_VERSION
from energy_dagster.settings import Settings
from energy_dagster.store.reader import Store

NOUNS: Final = (
    SeriesController,
    ForecastController,
    ActualController,
    RevisionController,
    ErrorController,
    ScoreController,
    ModelController,
    SnapshotController,
)


def create_app(settings: Settings, store: Store) -> Litestar:
    """The application over a store; it closes the store when it shuts down."""
    return Litestar(
        route_handlers=[
            Router("/v1", route_handlers=NOUNS, before_request=check_names),
            HealthController,
            landing_page,
        ],
        dependencies={"store": Provide(lambda: store, sync_to_thread=False)},
        exception_handlers=HANDLERS,
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=6, minimum_size=500),
        openapi_config=OpenAPIConfig(
            title=TITLE,
            version=API_VERSION,
            description=DESCRIPTION,
            path="/docs",
            use_handler_docstrings=True,
            openapi_router=docs_router(),
            render_plugins=[LocalDocumentation(simulated=settings.simulated)],
        ),
        logging_config=None,  # the process that serves decides where logs go
        on_shutdown=[store.close],
    )


def from_environment() -> Litestar:
    """The application as the environment's settings say; what the server starts."""
    settings = Settings()
    return create_app(settings, Store(settings.warehouse))
