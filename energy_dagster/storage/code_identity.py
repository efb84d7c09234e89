"""Which code made a number: the release, and a digest of the modules that numbers come from."""

import hashlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

DISTRIBUTION = "energy-dagster"
_DIGITS = 12


@lru_cache(maxsize=1)
def code_identity() -> str:
    """Release and digest of `energy_dagster.domain`, as `0.1.0+8c1f0e5a77d2`: the same identity, the same calculations.

    The digest tells two states of a working copy apart that carry the same release.
    """
    folder = Path(__file__).parents[1] / "domain"
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    try:
        release = version(DISTRIBUTION)
    except PackageNotFoundError:  # run from a folder without being installed
        release = "0"
    return f"{release}+{digest.hexdigest()[:_DIGITS]}"
