"""What stands on every page."""

from typing import Final

SITE: Final[dict[str, str]] = {
    "Electricity consumption of Denmark": "Danmarks elforbrug",
    "electricity consumption of Denmark": "Danmarks elforbrug",
    "SIMULATED DATA: the numbers come from the built-in sandbox, not from a meter": (
        "SIMULEREDE DATA: tallene kommer fra den indbyggede sandkasse, ikke fra en måler"
    ),
    "Forecast": "Prognose",
    "Monitoring": "Opfølgning",
    "Pages": "Sider",
    "Dark": "Mørk",
    "Light": "Lys",
    "last {days} days": "seneste {days} dage",
    "Area": "Område",
    "Consumers": "Forbrugere",
    "everybody": "alle",
    "Issued at": "Udstedt",
    "newest": "nyeste",
    "Period": "Periode",
    "Lead time": "Horisont",
    "Day": "Dag",
    "{lead} ahead": "{lead} frem",
    "all leads": "alle horisonter",
    "{first}-{last} h": "{first}-{last} t",
    "No forecast has been published yet": "Der er ikke udgivet nogen prognose endnu",
    "Run `make forecast`, and this page fills by itself.": "Kør `make forecast`, så fylder siden sig selv.",
    "The forecasts cannot be read just now": "Prognoserne kan ikke læses lige nu",
    "What is published is damaged or of another version; the app's log says more. This page looks again by itself.": (
        "Det udgivne er beskadiget eller af en anden version; appens log siger mere. Siden prøver selv igen."
    ),
    "This address names nothing that is known": "Adressen peger ikke på noget kendt",
    "Source: Energinet (www.energidataservice.dk), CC BY 4.0; weather: Open-Meteo": (
        "Kilde: Energinet (www.energidataservice.dk), CC BY 4.0; vejr: Open-Meteo"
    ),
    "Simulated consumption and weather; no measured value is shown": "Simuleret forbrug og vejr; der vises ingen målt værdi",
    "Data as of {moment}, snapshot {snapshot}.": "Data pr. {moment}, øjebliksbillede {snapshot}.",
}
