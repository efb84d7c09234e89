"""The picture of the accuracy results, drawn in an environment of its own."""

import subprocess
from pathlib import Path

from benchmarks.environments import HERE, PROJECT, bring_up, python_of

PLOTS = HERE / "plots"
PICTURE = PROJECT / "docs/images/benchmark-accuracy.png"


def draw(results: Path) -> Path:
    """Draw the results of a JSON file, and tell where.

    Raises:
        CannotRun: there is no environment to draw in.
    """
    bring_up(PLOTS)
    subprocess.run([str(python_of(PLOTS)), str(PLOTS / "draw.py"), str(results), str(PICTURE)], check=True)
    return PICTURE
