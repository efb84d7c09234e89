"""Whether a tag may be released: it is the version of the project, and CHANGELOG.md tells what is in it."""

import argparse
import re
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

PROJECT: Final = Path(__file__).parents[1]

_TAG: Final = re.compile(r"v(\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)")
_SECTION: Final = re.compile(r"^## \[(?P<version>[^\]]+)\](?P<date>.*)$", re.MULTILINE)
_DATE: Final = re.compile(r" - \d{4}-\d{2}-\d{2}")


class NotReleasable(Exception):
    """The tag, the version and the changelog do not agree."""


def version_of(tag: str) -> str:
    """The version that a tag names: `v0.1.0` is 0.1.0.

    >>> version_of("v0.1.0")
    '0.1.0'
    """
    found = _TAG.fullmatch(tag)
    if found is None:
        raise NotReleasable(f"expected a tag like v1.2.3 or v1.2.3rc1, found {tag!r}")
    return found[1]


def check_versions(project: Path, *, version: str) -> None:
    """The project file and the lock file say this version.

    Raises:
        NotReleasable: one of them says another.
    """
    said = _read(project / "pyproject.toml")["project"]
    if said["version"] != version:
        raise NotReleasable(f"pyproject.toml: expected version {version!r}, as the tag says, found {said['version']!r}")
    packages = _read(project / "uv.lock")["package"]
    locked = next((package["version"] for package in packages if package["name"] == said["name"]), None)
    if locked != version:
        raise NotReleasable(f"uv.lock: expected {said['name']} {version!r}, found {locked!r}; run `make lock`")


def release_notes(changelog: str, *, version: str) -> str:
    """What the changelog says of a version, without its heading.

    Raises:
        NotReleasable: it says nothing, or not when the version was released.
    """
    headings = list(_SECTION.finditer(changelog))
    for heading, end in zip(headings, [*(later.start() for later in headings[1:]), len(changelog)], strict=True):
        if heading["version"] == version:
            notes = changelog[heading.end() : end].strip()
            if not _DATE.fullmatch(heading["date"].rstrip()):
                raise NotReleasable(f"CHANGELOG.md: expected `## [{version}] - YYYY-MM-DD`, found `{heading[0]}`")
            if not notes:
                raise NotReleasable(f"CHANGELOG.md: the section of {version} is empty")
            return notes + "\n"
    found = ", ".join(heading["version"] for heading in headings) or "none"
    raise NotReleasable(f"CHANGELOG.md: expected a section `## [{version}] - YYYY-MM-DD`, found sections: {found}")


def main(arguments: list[str] | None = None) -> int:
    """Check a tag, and write the notes of its release; 1 when it may not be released."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tag", help="tag of the release, like v0.1.0")
    parser.add_argument("--notes", type=Path, help="file for what the changelog says of it; not given: standard output")
    parser.add_argument("--project", type=Path, default=PROJECT, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    try:
        version = version_of(given.tag)
        check_versions(given.project, version=version)
        notes = release_notes((given.project / "CHANGELOG.md").read_text(encoding="utf-8"), version=version)
    except NotReleasable as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    if given.notes is None:
        sys.stdout.write(notes)
    else:
        given.notes.write_text(notes, encoding="utf-8")
    return 0


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


if __name__ == "__main__":
    sys.exit(main())
