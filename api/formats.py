"""The same rows as JSON, CSV, Parquet or an Arrow stream, piece by piece.

JSON tells the snapshot once, in the envelope; the flat formats carry `snapshot_id` and `simulated` in every row, so that a file
that travels on still says what it is. Numbers are written with as many digits as it takes to read the same number back.
"""

import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct, UnsetType

from api.front.negotiation import Format
from api.schemas import SnapshotBody
from energy_dagster.store.csv_text import csv_header, csv_lines

if TYPE_CHECKING:
    import pyarrow as pa

Chunk = Sequence[Struct]
Columns = dict[str, list[Any]]


def pieces(
    asked: Format, fields: Mapping[str, type], chunks: Iterable[Chunk], *, snapshot: SnapshotBody, next_page: str | None
) -> Iterator[bytes]:
    """The body of an answer in pieces, one or more per chunk of rows that have those fields."""
    if asked == "json":
        return _json(chunks, snapshot=snapshot, next_page=next_page)
    flat = _Flat(fields, snapshot)
    if asked == "csv":
        return _csv(flat, chunks)
    return _arrow(flat, chunks) if asked == "arrow" else _parquet(flat, chunks)


def _json(chunks: Iterable[Chunk], *, snapshot: SnapshotBody, next_page: str | None) -> Iterator[bytes]:
    head = msgspec.json.encode({"snapshot": snapshot, "unit": "MWh", "next": next_page, "rows": []})
    yield head[: -len(b"]}")]
    first = True
    for rows in chunks:
        if rows:
            yield (b"" if first else b",") + msgspec.json.encode(rows)[1:-1]
            first = False
    yield b"]}"


def fields_of(kind: type[Struct], *, without: Collection[str] = ()) -> dict[str, type]:
    """The fields of a kind of row in order, and what each holds when it holds something; `dict` for anything nested.

    >>> list(fields_of(SnapshotBody, without=["source", "label"]).items())[:2]
    [('snapshot_id', <class 'str'>), ('as_of', <class 'datetime.datetime'>)]
    """
    return {name: plain for name, plain in _plain_types(kind).items() if name not in without}


@cache
def _plain_types(kind: type[Struct]) -> dict[str, type]:
    return {name: _kind(hint) for name, hint in get_type_hints(kind).items()}


class _Flat:
    """The columns of rows, in order, with those every flat row carries."""

    def __init__(self, fields: Mapping[str, type], snapshot: SnapshotBody) -> None:
        self.kinds = {**fields, "snapshot_id": str, "simulated": bool}
        self._fields, self._snapshot = tuple(fields), snapshot

    def columns(self, rows: Chunk) -> Columns:
        """The rows, column by column; nested values as JSON text."""
        columns: Columns = {name: [getattr(row, name) for row in rows] for name in self._fields}
        for name, values in columns.items():
            if self.kinds[name] is dict:
                columns[name] = [msgspec.json.encode(value).decode() for value in values]
        columns["snapshot_id"] = [self._snapshot.snapshot_id] * len(rows)
        columns["simulated"] = [self._snapshot.simulated] * len(rows)
        return columns


def _kind(hint: Any) -> type:
    if get_origin(hint) in (dict, list):
        return dict
    if get_origin(hint) is Literal:
        return str
    options = [option for option in get_args(hint) if option not in (type(None), UnsetType)]
    return _kind(options[0]) if options else hint


def _csv(flat: _Flat, chunks: Iterable[Chunk]) -> Iterator[bytes]:
    texts = {name for name, kind in flat.kinds.items() if kind in (str, dict)}
    yield csv_header(flat.kinds).encode()
    for rows in chunks:
        yield csv_lines(flat.columns(rows), texts=texts).encode()


class _Sink(io.RawIOBase):
    """A file that is written at one end and sent at the other."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held.append(bytes(data))
        return len(self._held[-1])

    def taken(self) -> bytes:
        """What was written since the last time."""
        held, self._held = b"".join(self._held), []
        return held


def _schema(flat: _Flat) -> "pa.Schema":
    import pyarrow as pa  # noqa: PLC0415 - a quarter of a second that JSON need not wait for

    types = {
        str: pa.string(),
        dict: pa.string(),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
        datetime: pa.timestamp("us", tz="UTC"),
        date: pa.date32(),
    }
    return pa.schema([(name, types[kind]) for name, kind in flat.kinds.items()], metadata={"unit": "MWh"})


def _arrow(flat: _Flat, chunks: Iterable[Chunk]) -> Iterator[bytes]:
    import pyarrow as pa  # noqa: PLC0415 - as above

    schema = _schema(flat)
    sink = _Sink()
    with pa.ipc.new_stream(sink, schema) as writer:
        for rows in chunks:
            writer.write_table(pa.table(flat.columns(rows), schema=schema))
            yield sink.taken()
    yield sink.taken()


def _parquet(flat: _Flat, chunks: Iterable[Chunk]) -> Iterator[bytes]:
    import pyarrow as pa  # noqa: PLC0415 - as above
    from pyarrow import parquet  # noqa: PLC0415

    schema = _schema(flat)
    sink = _Sink()
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for rows in chunks:
            writer.write_table(pa.table(flat.columns(rows), schema=schema))
            yield sink.taken()
    yield sink.taken()
