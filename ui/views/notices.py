"""What a page shows when there is nothing to show, or when reading has failed: a sentence, never a traceback."""

import logging
from collections.abc import Callable
from typing import TypeVar

import panel as pn

from energy_dagster.store.errors import NoSnapshot, UnreadableSnapshot
from ui import fragments
from ui.views.panes import html

logger = logging.getLogger(__name__)

NOTHING_YET = fragments.notice("No forecast has been published yet", "Run `make forecast`, and this page fills by itself.")
UNREADABLE = "What is published is damaged or of another version; the app's log says more. This page looks again every minute."

T = TypeVar("T")


def read_or_notice(read: Callable[[], T], show: Callable[[T], pn.viewable.Viewable]) -> pn.viewable.Viewable:
    """Show what was read, or say in a sentence why it could not be read."""
    try:
        found = read()
    except NoSnapshot:
        return html(NOTHING_YET)
    except (UnreadableSnapshot, OSError):
        logger.warning("reading the warehouse failed", exc_info=True)
        return html(fragments.notice("The forecasts cannot be read just now", UNREADABLE))
    except ValueError as error:
        return html(fragments.notice("This address names nothing that is known", str(error)))
    return show(found)
