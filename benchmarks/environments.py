"""Locked environments of their own, one a folder, made by uv."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parent
UV = PROJECT / ".tools/bin/uv"
PYENV_VERSIONS = "versions/*/bin/python3"
"""Below pyenv's root: interpreters that are there without being on PATH."""


class CannotRun(RuntimeError):
    """Something that this machine or this version of the project cannot run; the message says why.

    Attributes:
        log: More of it, for whoever sits at the machine.
    """

    def __init__(self, reason: str, *, log: str = "") -> None:
        super().__init__(reason)
        self.log = log


def python_of(folder: Path) -> Path:
    """The interpreter of a folder's environment."""
    return folder / ".venv/bin/python"


def bring_up(folder: Path) -> None:
    """Bring a folder's environment to its lock file.

    Raises:
        CannotRun: no fitting Python is here, or the environment cannot be made.
    """
    if not UV.exists():
        raise CannotRun("uv is not here: `make setup` first")
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    environment |= {"UV_PYTHON_DOWNLOADS": "never", "UV_LINK_MODE": "copy", "UV_COMPILE_BYTECODE": "1"}
    problems = []
    for options in (["--check"], [], *pythons_to_try()):
        sync = [str(UV), "sync", "--quiet", "--frozen", *options]
        done = subprocess.run(sync, cwd=folder, env=environment, check=False, capture_output=True, text=True)
        if done.returncode == 0:
            return
        problems.append(" ".join(done.stderr.split()))
    raise CannotRun(f"no environment could be made: {problems[1]}")  # of uv's own search; the rest are guesses


def pythons_to_try() -> Iterator[list[str]]:
    """Options of uv after its own search: the project's interpreter, then what pyenv keeps, newest first."""
    yield ["--python", str(python_of(PROJECT))]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    kept = sorted(pyenv.glob(PYENV_VERSIONS), key=lambda path: [int(n) for n in path.parts[-3].split(".") if n.isdigit()])
    for python in reversed(kept):
        yield ["--python", str(python)]
