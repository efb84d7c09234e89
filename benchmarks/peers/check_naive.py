"""Asserts the weekly naive's published MAPE: if it moves, the protocol or the scoring did.

Run: `.venv/bin/python benchmarks/peers/check_naive.py --data FOLDER`, after `uv sync --frozen` in weekly_naive.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import pandas as pd
import score

HERE = Path(__file__).parent
EXPECTED = {("DK1", 2022): 6.72, ("DK1", 2021): 6.38, ("DK2", 2020): 3.88}
"""MAPE in percent by area and local year."""


def naive_mape(data: Path, *, area: str, year: int) -> float:
    """MAPE of the weekly naive, run in its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "forecasts.parquet"
        window = ("--area", area, "--from", f"{year}-01-01", "--to", f"{year}-12-31", "--out", str(out))
        python, script = HERE / "weekly_naive/.venv/bin/python", HERE / "weekly_naive/run.py"
        subprocess.run([str(python), str(script), "--data", str(data), *window], check=True, stdout=subprocess.DEVNULL)
        return score.scores(pd.read_parquet(out), data)["mape"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="folder of the recorded load")
    data = parser.parse_args().data
    for (area, year), expected in EXPECTED.items():
        found = naive_mape(data, area=area, year=year)
        assert round(found, 2) == expected, f"{area} {year}: expected a MAPE of {expected}, found {found:.3f}"
        print(f"{area} {year}: {found:.2f}")


if __name__ == "__main__":
    main()
