"""What the charts say."""

from typing import Final

CHARTS: Final[dict[str, str]] = {
    "SIMULATED DATA": "SIMULEREDE DATA",
    "No hours to show yet": "Der er endnu ingen timer at vise",
    "MWh per hour": "MWh pr. time",
    "local time, Europe/Copenhagen (CET/CEST)": "lokal tid, Europe/Copenhagen (CET/CEST)",
}
