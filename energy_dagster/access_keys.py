"""Keys of the API: made, listed and revoked here; kept hashed in one small file beside the data, which the API reads.

A key is `ek_<id>_<secret>`. The secret has 256 random bits, so its SHA-256 cannot be guessed back, and no slow hash is needed.
"""

import hashlib
import hmac
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from json import JSONDecodeError, dumps, loads
from pathlib import Path
from typing import Any, Final, Literal, get_args

Scope = Literal["read", "admin"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)

_PREFIX: Final = "ek"
_ID_BYTES: Final = 6
_SECRET_BYTES: Final = 32
_OWNER_ONLY: Final = 0o600


class UnreadableKeys(Exception):
    """The file of keys is there but cannot be understood; nobody with a key is let in until it can."""


class NoSuchKey(Exception):
    """There is no key of that id, or it was revoked already."""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """One key as it is kept: who has it, what it opens, and the hash of its secret. Times are ISO-8601 in UTC."""

    key_id: str
    name: str
    scope: Scope
    secret_sha256: str
    created_at: str
    expires_at: str | None = None
    revoked_at: str | None = None

    def opens(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < datetime.fromisoformat(self.expires_at))


class KeyBook:
    """The file of keys. Reading looks at the file's stamp first, so a key that is made or revoked counts at once."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._stamp: tuple[int, int, int] | None = None
        self._held: dict[str, AccessKey] = {}

    def keys(self) -> list[AccessKey]:
        """Every key ever made, oldest first.

        Raises:
            UnreadableKeys: the file cannot be understood.
        """
        self._refresh()
        return list(self._held.values())

    def holder(self, text: str, *, now: datetime) -> AccessKey | None:
        """The key that the text is, when it is one that opens something now.

        Raises:
            UnreadableKeys: the file cannot be understood.
        """
        self._refresh()
        prefix, _, rest = text.partition("_")
        key_id, _, secret = rest.partition("_")
        held = self._held.get(key_id)
        given = _hashed(secret)
        if held is None or prefix != _PREFIX or not hmac.compare_digest(given, held.secret_sha256) or not held.opens(now):
            return None
        return held

    def create(self, name: str, *, scope: Scope, now: datetime, expires_at: datetime | None = None) -> tuple[AccessKey, str]:
        """A new key, and its text, which is nowhere kept."""
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        expires = None if expires_at is None else _iso(expires_at)
        key = AccessKey(secrets.token_hex(_ID_BYTES), name, scope, _hashed(secret), _iso(now), expires)
        self._write([*self.keys(), key])
        return key, f"{_PREFIX}_{key.key_id}_{secret}"

    def revoke(self, key_id: str, *, now: datetime) -> AccessKey:
        """Close a key for good.

        Raises:
            NoSuchKey: there is none of that id that is not revoked yet.
        """
        keys = self.keys()
        found = next((key for key in keys if key.key_id == key_id and key.revoked_at is None), None)
        if found is None:
            open_ids = ", ".join(key.key_id for key in keys if key.revoked_at is None) or "none"
            raise NoSuchKey(f"expected the id of a key that is not revoked ({open_ids}), found {key_id!r}")
        revoked = replace(found, revoked_at=_iso(now))
        self._write([revoked if key.key_id == key_id else key for key in keys])
        return revoked

    def _refresh(self) -> None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._stamp, self._held = None, {}
            return
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        if stamp != self._stamp:
            self._held = {key.key_id: key for key in _parsed(self._path)}
            self._stamp = stamp

    def _write(self, keys: list[AccessKey]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), _OWNER_ONLY)
                file.write(dumps({"keys": [asdict(key) for key in keys]}, indent=1))
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _parsed(path: Path) -> list[AccessKey]:
    try:
        document: Any = loads(path.read_text(encoding="utf-8"))
        return [AccessKey(**entry) for entry in document["keys"]]
    except (JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        expected = 'a JSON document {"keys": [...]} as `energy keys` writes it'
        raise UnreadableKeys(f"expected {expected} in {path}, found: {error!r}") from error


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
