"""What the charts say."""

from typing import Final

CHARTS: Final[dict[str, str]] = {
    "SIMULATED DATA": "SIMULEREDE DATA",
    "No hours to show yet": "Der er endnu ingen timer at vise",
    "MWh per hour": "MWh pr. time",
    "local time, Europe/Copenhagen (CET/CEST)": "lokal tid, Europe/Copenhagen (CET/CEST)",
    "{hour}: {line} MWh expected, 80 % between {low} and {high}": "{hour}: {line} MWh ventet, 80 % mellem {low} og {high}",
    "{energy} MWh measured": "{energy} MWh målt",
    "{energy} MWh estimated": "{energy} MWh anslået",
    "{energy} MWh estimated, half of what was published for both": "{energy} MWh anslået, halvdelen af det udgivne for begge timer",
    "{energy} MWh published, of no use ({why})": "{energy} MWh udgivet, ubrugelig ({why})",
    "no usable value was published": "der blev ikke udgivet nogen brugbar værdi",
    "{sentence}, preliminary": "{sentence}, foreløbig",
    "{hour}: {energy} MWh said the grid operator": "{hour}: {energy} MWh ifølge netoperatøren",
    "Forecast (P50)": "Prognose (P50)",
    "Measured": "Målt",
    "Measured, preliminary": "Målt, foreløbig",
    "What happened since": "Hvad der siden skete",
    "Weekly naive": "Naiv uge",
    "Grid operator": "Netoperatøren",
    "80 % interval": "80 %-interval",
    "90 % interval": "90 %-interval",
    "issued {clock}": "udstedt {clock}",
    "gate for {day}": "frist for {day}",
    "Show {area}": "Vis {area}",
}
