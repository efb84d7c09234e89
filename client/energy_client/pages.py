"""Pages that belong together: all of one snapshot."""

import re
from typing import Any, Final

from energy_client.connection import Connection
from energy_client.kept_replies import Reply
from energy_client.problems import SnapshotMoved, UnexpectedAnswer
from energy_client.questions import Question

BEGINNINGS: Final = 4
"""How often reading the pages is begun before it is given up."""

_NEXT: Final = re.compile(r'<([^>]*)>; *rel="?next"?')


def pages(connection: Connection, question: Question[Any], *, media_type: str) -> list[Reply]:
    """The first page, and those that follow it where all are asked for; begun anew when something was published in between.

    Raises:
        SnapshotMoved: something was published in between each time.
    """
    for _ in range(BEGINNINGS):
        replies = [connection.fetch(question.address, media_type=media_type)]
        begun_with = _snapshot_of(replies[0])
        following = next_page(replies[0])
        while question.all_pages and following is not None and _snapshot_of(replies[-1]) == begun_with:
            replies.append(connection.fetch(following, media_type=media_type))
            following = next_page(replies[-1])
        if _snapshot_of(replies[-1]) == begun_with:
            return replies
    raise SnapshotMoved(
        f"{question.path}: expected all pages of one snapshot, found another snapshot {BEGINNINGS} times in the middle of them; "
        "ask for larger pages (limit) or a shorter window"
    )


def next_page(reply: Reply) -> str | None:
    """Path and query of the page that follows."""
    found = _NEXT.search(reply.headers.get("Link", ""))
    return None if found is None else found[1]


def _snapshot_of(reply: Reply) -> str:
    snapshot_id: str | None = reply.headers.get("Snapshot-Id")
    if snapshot_id is None:
        raise UnexpectedAnswer("expected an answer that names its snapshot, found one without the header Snapshot-Id")
    return snapshot_id
