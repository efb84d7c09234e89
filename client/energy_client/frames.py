"""Answers as pandas DataFrames; needs the extra `frames`."""

from typing import TYPE_CHECKING

from energy_client.kept_replies import Reply
from energy_client.problems import MissingExtra, UnexpectedAnswer

if TYPE_CHECKING:
    import pandas as pd


def frame_of(replies: list[Reply]) -> "pd.DataFrame":
    """The rows of all pages, which are Arrow streams, in order; times are aware UTC.

    Raises:
        MissingExtra: pandas or pyarrow is not installed.
        UnexpectedAnswer: a page is no Arrow stream.
    """
    require_extra()
    import pyarrow as pa  # noqa: PLC0415 - only who asks for frames needs it

    try:
        tables = [pa.ipc.open_stream(reply.body).read_all() for reply in replies]
    except pa.ArrowInvalid as error:
        raise UnexpectedAnswer(f"expected an Arrow stream, found: {error}") from error
    # a page without rows has the columns of every quantile, asked for or not
    held = [table for table in tables if table.num_rows] or tables[:1]
    frame: pd.DataFrame = pa.concat_tables(held).to_pandas()
    return frame


def require_extra() -> None:
    """Nothing, when pandas and pyarrow can be imported.

    Raises:
        MissingExtra: one cannot.
    """
    try:
        import pandas  # noqa: F401, ICN001, PLC0415 - only who asks for frames needs it
        import pyarrow  # noqa: F401, ICN001, PLC0415 - as above
    except ImportError as error:
        raise MissingExtra(f"a frame needs pandas and pyarrow: pip install 'energy-client[frames]' ({error})") from error
