"""What the forecast page says."""

from typing import Final

FORECAST_PAGE: Final[dict[str, str]] = {
    "View": "Visning",
    "48 hours": "48 timer",
    "Day-ahead": "Dagen før",
    "Day of delivery": "Leveringsdag",
    "tomorrow": "i morgen",
    "Issued on": "Udstedt den",
    "at": "kl.",
    "Back to newest": "Tilbage til nyeste",
    "Map of the price areas. Click on one, or on the sea for all of Denmark.": (
        "Kort over prisområderne. Klik på et, eller på havet for hele Danmark."
    ),
    "SIMULATED": "SIMULERET",
    "LIVE": "UDSTEDT TIL TIDEN",
    "REPLAY": "GENSKABT",
    "STALE": "FORÆLDET",
    "PRELIMINARY MEASUREMENTS": "FORELØBIGE MÅLINGER",
    "made from everything": "lavet af alt",
    "made without weather forecasts": "lavet uden vejrprognoser",
    "made from older consumption": "lavet af ældre forbrug",
    "fallback: weekly naive": "nødløsning: den naive uge",
    "There is no such forecast of {series}": "Der er ingen sådan prognose for {series}",
    "Choose another area or issue, or run `make forecast`.": "Vælg et andet område eller tidspunkt, eller kør `make forecast`.",
    "There are forecasts of {areas}.": "Der er prognoser for {areas}.",
    "No issue stood at the gate that reaches {day}. Choose another day.": (
        "Ved fristen var der ingen prognose, der rækker til {day}. Vælg en anden dag."
    ),
    "{series}, {day}, day-ahead": "{series}, {day}, set dagen før",
    "Issued {moment} by {model}, {age}.": "Udstedt {moment} af {model}, {age}.",
    "Consumption was known up to {moment}": "Forbruget var kendt til og med {moment}",
    ", weather as of {moment}.": ", vejret pr. {moment}.",
    "no weather forecast": "ingen vejrprognose",
    "As it stood at 10:00 the day before, two hours ahead of the gate of the day-ahead market ({gate}).": (
        "Som den stod kl. 10:00 dagen før, to timer inden day-ahead-markedets frist ({gate})."
    ),
    "That is still to come: a newer issue may take its place.": "Det er endnu ikke sket: en nyere prognose kan træde i stedet.",
    "made just now": "lavet lige nu",
    "made {minutes} minutes ago": "lavet for {minutes} minutter siden",
    "made {hours} hours ago": "lavet for {hours} timer siden",
    "made {days} days ago": "lavet for {days} dage siden",
    "None of its hours has been measured yet.": "Ingen af timerne er målt endnu.",
    "So far it was {energy} MWh wrong on average, and {share} of the {hours} hours measured since lay between P10 and P90.": (
        "Indtil nu ramte den i gennemsnit {energy} MWh ved siden af, og {share} af de {hours} timer, "
        "der siden er målt, lå mellem P10 og P90."
    ),
    "The weekly naive was {energy} MWh wrong.": "Den naive uge ramte {energy} MWh ved siden af.",
    "Chart of the consumption of {series}: a week measured and {hours} hours forecast.": (
        "Graf over forbruget i {series}: en målt uge og {hours} timers prognose."
    ),
    "Highest {hour} with {line} MWh, P90 {high}.": "Højest {hour} med {line} MWh, P90 {high}.",
    "Every hour is in the table below.": "Hver time står i tabellen nedenfor.",
    "Next peak": "Næste spids",
    "Peak of the day": "Dagens spids",
    "Lowest hour": "Laveste time",
    "no forecast": "ingen prognose",
    "Energy, {day}": "Energi, {day}",
    "{known} of {hours} hours known": "{known} af {hours} timer kendt",
    "all of it measured": "alt er målt",
    "between {low} (every hour at P10) and {high} (every hour at P90): wider than 80 %": (
        "mellem {low} (hver time på P10) og {high} (hver time på P90): bredere end 80 %"
    ),
    "; it came to {energy}": "; det blev {energy}",
    "Next 24 hours": "Næste 24 timer",
    "The day": "Dagen",
    "against the same hours last week": "mod de samme timer sidste uge",
    "Current error": "Fejl lige nu",
    "no hour has been scored yet": "ingen time er bedømt endnu",
    "mean of the last {hours} judged hours, 1 to 6 h ahead": "gennemsnit af de seneste {hours} bedømte timer, 1 til 6 t frem",
    "; weekly naive {energy}": "; den naive uge {energy}",
    "Skill, last 30 days": "Forbedring, seneste 30 dage",
    "mean error smaller than the weekly naive's": "mindre middelfejl end den naive uge",
    "mean error larger than the weekly naive's": "større middelfejl end den naive uge",
    "Why this much": "Hvorfor så meget",
    "Choose an hour here, or click on one in the chart.": "Vælg en time her, eller klik på en i grafen.",
    "Hour": "Time",
    "the peak": "spidsen",
    "recent consumption": "det seneste forbrug",
    "hour, weekday and season": "time, ugedag og årstid",
    "a holiday on the day or near it": "en helligdag på dagen eller tæt på",
    "the weather forecast": "vejrprognosen",
    "all else": "alt andet",
    "{hour}: no model made this forecast, it repeats the week before": (
        "{hour}: ingen model har lavet denne prognose, den gentager ugen før"
    ),
    "Level of the last week": "Sidste uges niveau",
    "Expected": "Ventet",
    " and ": " og ",
    "{hour}: {line} MWh expected. The last week lay at {level} MWh on average; what moves this hour most is {parts}.": (
        "{hour}: {line} MWh ventet. Sidste uge lå i gennemsnit på {level} MWh; det, der flytter denne time mest, er {parts}."
    ),
    "{part} ({energy} MWh up)": "{part} ({energy} MWh op)",
    "{part} ({energy} MWh down)": "{part} ({energy} MWh ned)",
    "Take it along": "Tag det med",
    "Download CSV": "Hent CSV",
    "Download Parquet": "Hent Parquet",
    "Download PNG": "Hent PNG",
    "Copy the API call": "Kopiér API-kaldet",
    "The API gives the same numbers:": "API'et giver de samme tal:",
    "Every hour of this forecast, MWh per hour, local time": "Hver time i prognosen, MWh pr. time, lokal tid",
    "Hour from": "Time fra",
}
