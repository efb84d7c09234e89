"""What a page shows when there is nothing to show, or when reading has failed: a sentence, never a traceback."""

import logging
from collections.abc import Callable
from typing import TypeVar

import panel as pn

from energy_dagster.store.errors import NoSnapshot, UnreadableSnapshot
from ui import fragments
from ui.manner import say
from ui.views.panes import html

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Notice:
    """Why there is nothing to show, in a sentence."""

    def __init__(self, title: str, why: str) -> None:
        self._text = fragments.notice(title, why)

    def view(self) -> pn.viewable.Viewable:
        """The sentence in the place of what would be shown."""
        return html(self._text)


def read_or_notice(read: Callable[[], T]) -> T | Notice:
    """What was read, or why it could not be."""
    try:
        return read()
    except NoSnapshot:
        return Notice(say("No forecast has been published yet"), say("Run `make forecast`, and this page fills by itself."))
    except (UnreadableSnapshot, OSError):
        logger.warning("reading the warehouse failed", exc_info=True)
        why = say("What is published is damaged or of another version; the app's log says more. This page looks again by itself.")
        return Notice(say("The forecasts cannot be read just now"), why)
    except ValueError as error:
        return Notice(say("This address names nothing that is known"), str(error))
