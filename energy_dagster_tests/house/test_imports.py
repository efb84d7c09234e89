"""The import rules, as they show in a running process."""

import os
import subprocess
import sys

import pytest

HEAVY = ("dagster", "hopsworks", "wandb", "lightgbm", "optuna")


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("api.app", (*HEAVY, "pandas", "panel")),
        ("ui.app", HEAVY),
        ("energy_dagster.store.reader", (*HEAVY, "pandas", "numpy", "pyarrow")),
        ("energy_dagster.domain.features", ("dagster", "hopsworks", "wandb", "duckdb", "httpx")),
        ("energy_dagster.settings", (*HEAVY, "pandas")),
        ("energy_dagster.definitions", ("hopsworks", "wandb", "optuna")),
        ("energy_dagster.walk", ("hopsworks", "wandb", "optuna")),
    ],
)
def test_importing_does_not_load(module: str, forbidden: tuple[str, ...]) -> None:
    script = f"import sys; import {module}; print(' '.join(name for name in {forbidden!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == ""


def test_a_graph_with_mirrors_does_not_load_their_client() -> None:
    given = {"HOPSWORKS_HOST": "hopsworks.test", "HOPSWORKS_PROJECT": "energy", "HOPSWORKS_API_KEY": "a-key"}
    script = (
        "import sys; import energy_dagster.definitions as d; print('hopsworks' in sys.modules, d.Settings().mirrors_to_hopsworks)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={**os.environ, **given},
    )
    assert done.stdout.split() == ["False", "True"]


def test_importing_the_graph_touches_no_file_and_no_network(tmp_path: object) -> None:
    script = (
        "import socket, sys, os\n"
        "def refuse(*a, **k): raise AssertionError('network at import')\n"
        "socket.socket.connect = refuse\n"
        "before = set(os.listdir('.'))\n"
        "import energy_dagster.definitions\n"
        "print(sorted(set(os.listdir('.')) - before))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True, timeout=120, cwd=str(tmp_path)
    )
    assert done.stdout.strip() == "[]"
