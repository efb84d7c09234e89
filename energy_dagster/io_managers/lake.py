"""The lake: every version of every partition as one immutable Parquet file, `<asset>/<partition>/<version>.parquet`.

Nothing is overwritten; the newest version is the partition, but of what was issued live the first stays. A version's footer says
what it was made from, and each of its pages carries a checksum that is verified when it is read. A file appears whole or not at
all: on a local disk it is written under a temporary name, flushed to the disk and renamed; on an object store it is one PUT,
which refuses to replace another. Files of a closed month may lie together in a pack instead (`io_managers.upkeep`).
"""

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath

from energy_dagster.domain.contracts import conform, empty
from energy_dagster.domain.tables import DType, Table
from energy_dagster.io_managers.provenance import Provenance
from energy_dagster.storage.files import StorageError, files_below, reporting, write_whole
from energy_dagster.storage.packs import FOLDER as PACKED
from energy_dagster.storage.packs import names_in, packs_below, read_packed

SUFFIX = ".parquet"
CONTENT_KEY, ROWS_KEY = b"energy.content", b"energy.rows"

_DEPTH = 2
_TRIES = 3

DAMAGED = (OSError, pa.ArrowException, ValueError)
"""What reading a file that is no longer what was written raises; text that is none is a `ValueError`."""

_ARROW_TYPES: dict[DType, pa.DataType] = {
    "timestamp": pa.timestamp("us"),
    "string": pa.string(),
    "double": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
}


@dataclass(frozen=True, order=True)
class Version:
    """One version of one partition of one asset; versions of a partition sort by age."""

    asset: str
    partition: str
    version: str

    @property
    def file(self) -> tuple[str, str]:
        """The parts of its file's name below the asset's folder."""
        return self.partition, f"{self.version}{SUFFIX}"


@dataclass(frozen=True)
class Written:
    """What a write did: the version that now stands, its rows, and whether it is new."""

    version: Version
    rows: int
    changed: bool


@dataclass(frozen=True)
class Stored:
    """What a version holds, and what it was made from."""

    rows: pa.Table
    provenance: Provenance


def version_name(at: datetime, run_id: str) -> str:
    """Name of a version: UTC time to the microsecond, then the run.

    >>> version_name(datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "8f14e45f-ceea")
    '20260102T030405000006Z-8f14e45f'
    """
    return f"{_stamp(at)}-{run_id[:8]}"


def written_at(version: Version) -> datetime:
    """When a version was written, by the machine's clock.

    >>> written_at(Version("raw_load", "2026-01-01", "20260102T030405000006Z-8f14e45f")).isoformat()
    '2026-01-02T03:04:05.000006+00:00'
    """
    return datetime.strptime(version.version.partition("-")[0], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S%f}Z"


def arrow_schema(table: Table) -> pa.Schema:
    """Arrow schema of a table, units in the fields' metadata."""
    return pa.schema(
        [
            pa.field(column.name, _ARROW_TYPES[column.dtype], nullable=column.nullable, metadata={"unit": column.unit})
            for column in table.columns
        ]
    )


class Lake:
    """Versions of partitions below one root, a local folder or any fsspec URL."""

    def __init__(self, root: str) -> None:
        self.root = UPath(root).absolute()

    def path(self, version: Version) -> UPath:
        """Where a version lies."""
        return (self.root / version.asset).joinpath(*version.file)

    def partitions(self, asset: str) -> list[str]:
        """Keys of the partitions that have a version, sorted."""
        return sorted({version.partition for version in self.versions(asset)})

    def versions(self, asset: str, partitions: Iterable[str] | None = None) -> Iterator[Version]:
        """Every version of the given partitions (all by default), oldest first within a partition.

        Raises:
            StorageError: the folder cannot be listed.
        """
        folder, wanted = self.root / asset, None if partitions is None else list(dict.fromkeys(partitions))
        if wanted is None:
            loose = files_below(folder)
        else:
            loose = [(partition, *path) for partition in wanted for path in files_below(folder / partition)]
        names = {path for path in loose if len(path) == _DEPTH and path[0] != PACKED}
        for pack in packs_below(folder):
            with suppress(FileNotFoundError):  # another pack took its place since it was listed
                names |= {name for name in names_in(pack) if wanted is None or name[0] in wanted}
        for partition, name in sorted(names):
            if name.endswith(SUFFIX):
                yield Version(asset, partition, name.removesuffix(SUFFIX))

    def payload(self, version: Version) -> bytes:
        """The bytes of a version, from its own file or a pack.

        Raises:
            StorageError: it is in neither, or cannot be read.
        """
        path = self.path(version)
        for _ in range(_TRIES):  # it may be on its way from the one to the other
            try:
                with reporting("read", path, but=FileNotFoundError):
                    return path.read_bytes()
            except FileNotFoundError as error:
                missing = error
            for pack in packs_below(self.root / version.asset):
                with suppress(FileNotFoundError):
                    if version.file in names_in(pack):
                        return read_packed(pack, version.file)
        raise StorageError(f"cannot read {path}: {missing.strerror or missing}") from missing

    def newest(self, asset: str, partitions: Iterable[str] | None = None, *, as_of: datetime | None = None) -> dict[str, Version]:
        """The newest version of each partition that has one.

        Args:
            asset: whose.
            partitions: keys; all by default.
            as_of: only versions written by then, aware; all by default.
        """
        return {version.partition: version for version in self._until(as_of, self.versions(asset, partitions))}

    def standing(
        self, table: Table, partitions: Iterable[str] | None = None, *, as_of: datetime | None = None
    ) -> dict[str, Version]:
        """The version of each partition that counts: the newest; of an append-only table the first that was issued live.

        Arguments as of `newest`.
        """
        if not table.append_only:
            return self.newest(table.name, partitions, as_of=as_of)
        revisions: dict[str, list[Version]] = {}
        for version in self._until(as_of, self.versions(table.name, partitions)):
            revisions.setdefault(version.partition, []).append(version)
        return {partition: self._served(table, versions) for partition, versions in revisions.items()}

    def _served(self, table: Table, versions: Sequence[Version]) -> Version:
        if len(versions) > 1 and "origin" in table.names:
            for version in versions:
                if "live" in self.read_version(table, version)["origin"].unique().to_pylist():
                    return version
        return versions[-1]

    @staticmethod
    def _until(as_of: datetime | None, versions: Iterable[Version]) -> Iterator[Version]:
        last = None if as_of is None else _stamp(as_of)
        return (version for version in versions if last is None or version.version.partition("-")[0] <= last)

    def write(
        self,
        table: Table,
        partition: str,
        frame: pd.DataFrame,
        *,
        at: datetime,
        run_id: str,
        provenance: Provenance | None = None,
    ) -> Written:
        """Write a partition, unless its newest version already says the same.

        Args:
            table: its contract.
            partition: its key.
            frame: its rows.
            at: the machine's time, aware; the version's name begins with it.
            run_id: the run that made it.
            provenance: what it was made from.

        Raises:
            TableContractError: the frame breaks the table's contract.
            StorageError: the file cannot be written.
        """
        typed = conform(table, frame)
        content = _content(table, typed)
        standing = self.newest(table.name, [partition]).get(partition)
        if standing is not None and self._content_of(standing) == content:
            return Written(standing, len(typed), changed=False)
        version = Version(table.name, partition, version_name(at, run_id))
        arrow = pa.Table.from_pandas(typed, schema=arrow_schema(table), preserve_index=False)
        described = arrow.replace_schema_metadata(
            {
                CONTENT_KEY: content.encode(),
                ROWS_KEY: str(len(typed)).encode(),
                b"energy.table": table.name.encode(),
                b"energy.partition": partition.encode(),
                **(provenance or Provenance(run_id=run_id)).to_metadata(),
            }
        )
        buffer = io.BytesIO()
        pq.write_table(described, buffer, compression="zstd", write_page_checksum=True)
        write_whole(self.path(version), buffer.getvalue())
        return Written(version, len(typed), changed=True)

    def read(self, table: Table, partitions: Sequence[str], *, as_of: datetime | None = None) -> pd.DataFrame:
        """The standing versions of the given partitions as one frame in the table's types.

        Partitions without a version contribute nothing. Where a partition's look-ahead and a later partition hold the same
        key, the later partition speaks.

        Args:
            table: its contract.
            partitions: keys.
            as_of: as the lake stood then, aware; as it stands now by default.

        Raises:
            StorageError: a file is unreadable.
        """
        return self.read_versions(table, self.standing(table, partitions, as_of=as_of).values())

    def read_versions(self, table: Table, versions: Iterable[Version]) -> pd.DataFrame:
        """Versions of different partitions as one frame in the table's types.

        Raises:
            StorageError: a file is unreadable.
        """
        parts = [self.read_version(table, version) for version in sorted(versions)]
        if not any(map(len, parts)):
            return empty(table)
        whole: pd.DataFrame = pa.concat_tables(parts).to_pandas()
        return whole.drop_duplicates(list(table.key), keep="last", ignore_index=True) if table.looks_ahead else whole

    def read_version(self, table: Table, version: Version) -> pa.Table:
        """One version as it was written: of the table's schema, its rows held to the contract; see `stored`."""
        return self.stored(table, version).rows

    def stored(self, table: Table, version: Version) -> Stored:
        """One version, and where it came from.

        Raises:
            StorageError: the file is unreadable, or is not what was written: a page does not match its checksum, rows are gone.
            TableContractError: it was written under another contract and breaks this one.
        """
        path, payload = self.path(version), self.payload(version)
        try:
            arrow = pq.ParquetFile(io.BytesIO(payload), page_checksum_verification=True).read()
        except (*DAMAGED, MemoryError) as error:  # a length in the footer that no machine has room for
            raise StorageError(f"cannot read {path}: {error}") from error
        metadata: Mapping[bytes, bytes] = arrow.schema.metadata or {}
        promised = metadata.get(ROWS_KEY, b"a number of").decode(errors="replace")
        if promised != str(len(arrow)):
            raise StorageError(f"cannot read {path}: expected {promised} rows, as its footer says, found {len(arrow)}")
        schema = arrow_schema(table)
        if arrow.schema.equals(schema):
            rows = arrow.replace_schema_metadata()
        else:  # of other columns, types or nulls
            rows = pa.Table.from_pandas(conform(table, arrow.to_pandas()), schema=schema, preserve_index=False)
        try:
            return Stored(rows, Provenance.from_metadata(metadata))
        except ValueError as error:
            raise StorageError(f"cannot read {path}: its footer does not say what it was made from: {error}") from error

    def provenance(self, version: Version) -> Provenance:
        """Where a version came from, from its footer alone; nothing is said of one whose footer is damaged."""
        try:
            return Provenance.from_metadata(pq.read_schema(io.BytesIO(self.payload(version))).metadata or {})
        except DAMAGED:
            return Provenance()

    def _content_of(self, version: Version) -> str | None:
        try:
            metadata: Mapping[bytes, bytes] = pq.read_schema(io.BytesIO(self.payload(version))).metadata or {}
            return metadata.get(CONTENT_KEY, b"").decode()
        except DAMAGED:  # a damaged version says nothing, and is followed by a whole one
            return None


def _content(table: Table, frame: pd.DataFrame) -> str:
    """A digest of what a partition says, volatile columns left out."""
    said = frame.drop(columns=list(table.volatile))
    digest = hashlib.sha256(",".join(f"{name}:{kind}" for name, kind in said.dtypes.items()).encode())
    digest.update(pd.util.hash_pandas_object(said, index=False).to_numpy().tobytes())
    return digest.hexdigest()
