"""News, as it happens."""

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.response import ServerSentEvent

from api import examples
from api.events import Announcer
from api.parameters import LastEventText, SecondsText
from api.reading_parameters import whole_number
from api.schemas import Event


class EventController(Controller):
    """A stream that announces each new snapshot."""

    path = "/events"
    tags = ("events",)

    @get(
        operation_id="listenToEvents",
        summary="A stream of server-sent events: one for every new snapshot",
        responses={
            200: ResponseSpec(
                Event,
                generate_examples=False,
                description="A stream",
                media_type="text/event-stream",
                examples=[Example(value=examples.EVENT)],
            ),
        },
    )
    async def listen(
        self, announcer: NamedDependency[Announcer], seconds: SecondsText = None, last_event_id: LastEventText = None
    ) -> ServerSentEvent:
        """First the snapshot that is published now, unless Last-Event-ID names it; then each new one, with its id as the event's.

        A comment every 15 seconds keeps the connection open. The stream closes after some minutes; browsers connect again.
        """
        asked = None if seconds is None else whole_number("seconds", seconds, most=3600)
        return ServerSentEvent(announcer.listen(known=last_event_id, seconds=asked), retry_duration=2000)
