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


def read_or_notice(read: Callable[[], T], show: Callable[[T], pn.viewable.Viewable]) -> pn.viewable.Viewable:
    """Show what was read, or say in a sentence why it could not be read."""
    try:
        found = read()
    except NoSnapshot:
        return html(
            fragments.notice(say("No forecast has been published yet"), say("Run `make forecast`, and this page fills by itself."))
        )
    except (UnreadableSnapshot, OSError):
        logger.warning("reading the warehouse failed", exc_info=True)
        why = say("What is published is damaged or of another version; the app's log says more. This page looks again by itself.")
        return html(fragments.notice(say("The forecasts cannot be read just now"), why))
    except ValueError as error:
        return html(fragments.notice(say("This address names nothing that is known"), str(error)))
    return show(found)
