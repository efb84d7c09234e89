"""A tag is released only if version, lock and changelog say the same."""

from pathlib import Path

import pytest

from energy_dagster_tests.infrastructure.workflows.linters import PROJECT
from scripts.release_check import NotReleasable, main, release_notes, version_of

pytestmark = pytest.mark.workflows

CHANGELOG = """\
# Changelog

## [Unreleased]

## [0.2.0] - 2026-12-01

### Added

- A thing.

## [0.1.0] - 2026-11-01

- The first.
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of version 0.2.0, fit for release."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "thing"\nversion = "0.2.0"\n', encoding="utf-8")
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "thing"\nversion = "0.2.0"\n', encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    return tmp_path


def test_a_tag_that_fits_gives_the_notes_of_its_version(project: Path) -> None:
    assert main(["v0.2.0", "--project", str(project), "--notes", str(project / "notes")]) == 0
    assert (project / "notes").read_text(encoding="utf-8") == "### Added\n\n- A thing.\n"


@pytest.mark.parametrize("tag", ["0.2.0", "v0.2", "v0.2.0-1", "v0.2.0; rm -rf", "version", ""])
def test_other_tags_are_refused(tag: str) -> None:
    with pytest.raises(NotReleasable, match="expected a tag like"):
        version_of(tag)


def test_a_candidate_is_a_version_of_its_own() -> None:
    assert version_of("v1.0.0rc1") == "1.0.0rc1"


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("pyproject.toml", "0.2.0", "0.3.0", "pyproject.toml: expected version '0.2.0', as the tag says, found '0.3.0'"),
        ("uv.lock", "0.2.0", "0.1.0", "uv.lock: expected thing '0.2.0', found '0.1.0'; run `make lock`"),
        ("CHANGELOG.md", "[0.2.0]", "[0.2.1]", "found sections: Unreleased, 0.2.1, 0.1.0"),
        ("CHANGELOG.md", " - 2026-12-01", "", "expected `## [0.2.0] - YYYY-MM-DD`, found `## [0.2.0]`"),
        ("CHANGELOG.md", "### Added\n\n- A thing.\n", "", "the section of 0.2.0 is empty"),
    ],
)
def test_what_does_not_fit_is_named(
    project: Path, capsys: pytest.CaptureFixture[str], file: str, old: str, new: str, told: str
) -> None:
    path = project / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert main(["v0.2.0", "--project", str(project)]) == 1
    assert told in capsys.readouterr().err


def test_this_changelog_can_be_read() -> None:
    text = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8").replace("## [Unreleased]", "## [9.9.9] - 2026-01-01", 1)
    assert release_notes(text, version="9.9.9").count("\n- ") > 5
