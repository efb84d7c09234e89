"""MAPE, mean pinball loss and coverage of P10 to P90 of peers' forecasts, against the cleaned load: a quick look by hand.

Run: `.venv/bin/python benchmarks/peers/score.py --data FOLDER forecasts.parquet ...`
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import protocol


def truth(folder: Path, area: str) -> "pd.Series[float]":
    """Cleaned MWh by naive UTC hour."""
    if area == "DE-LU":
        return protocol.read_load(folder, area)
    rows = pd.read_parquet(folder / "load_clean.parquet").query("area == @area")
    return pd.Series(rows["load_mwh"].to_numpy(), pd.DatetimeIndex(rows["hour_utc"]).tz_localize(None))


def scores(forecasts: pd.DataFrame, folder: Path) -> dict[str, float]:
    """MAPE and coverage in percent, pinball over the nine deciles in MWh; nulls where a peer has no quantiles."""
    actual = forecasts["hour_utc"].map(truth(folder, forecasts["area"].iloc[0])).to_numpy()
    deciles = {name: level for name, level in protocol.QUANTILES.items() if name.endswith("0")}
    over = actual[:, None] - forecasts[list(deciles)].to_numpy()
    levels = np.array(list(deciles.values()))
    known = np.isfinite(actual)
    inside = (actual >= forecasts["q10"]) & (actual <= forecasts["q90"])
    return {
        "hours": float(known.sum()),
        "nulls": float(forecasts["q50"].isna().sum()),
        "mape": 100 * float(np.nanmean(np.abs(over[:, 4]) / actual)),
        "mae": float(np.nanmean(np.abs(over[:, 4]))),
        "pinball": float(np.nanmean(np.maximum(levels * over, (levels - 1) * over))) if forecasts["q10"].notna().any() else np.nan,
        "coverage": 100 * float(inside[known].mean()) if forecasts["q10"].notna().any() else np.nan,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="folder of the recorded load")
    parser.add_argument("forecasts", type=Path, nargs="+")
    asked = parser.parse_args()
    table = {path.stem: scores(pd.read_parquet(path), asked.data) for path in asked.forecasts}
    print(pd.DataFrame(table).T.round(2).to_string())


if __name__ == "__main__":
    main()
