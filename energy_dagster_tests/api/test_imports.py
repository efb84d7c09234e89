import subprocess
import sys

HEAVY = ("dagster", "hopsworks", "hsfs", "wandb", "pandas", "numpy", "pyarrow", "lightgbm", "panel", "energy_dagster.defs")


def test_importing_the_api_loads_nothing_of_the_pipeline() -> None:
    program = f"import api.app, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
