"""What the monitoring page says."""

from typing import Final

_CHARTS: Final[dict[str, str]] = {
    "P{level}: the truth was at or below it in {share} of {n} forecasts; {promised} were promised": (
        "P{level}: forbruget lå på eller under i {share} af {n} prognoser; {promised} var lovet"
    ),
    "inside the {promised} interval: {values}": "inden for {promised}-intervallet: {values}",
    "quantile level": "fraktil",
    "share of hours inside": "andel af timer indenfor",
    "share of the truth at or below": "andel af forbruget på eller under",
    "what came": "det der kom",
    "what was promised": "det der var lovet",
    "{lead} ahead: {share} of {n} forecasts were inside the {promised} interval": (
        "{lead} frem: {share} af {n} prognoser lå inden for {promised}-intervallet"
    ),
    "Weekly naive": "Naiv uge",
    "Grid operator": "Netoperatør",
    "Error as a share of consumption": "Fejl som andel af forbruget",
    "Mean error, MWh per hour": "Middelfejl, MWh pr. time",
    "Promised: 80 %": "Lovet: 80 %",
    "Skill against the weekly naive": "Forbedring over den naive uge",
    "hours inside P10 to P90": "timer mellem P10 og P90",
    "local day, Europe/Copenhagen": "lokalt døgn, Europe/Copenhagen",
    "{day}: {share} of {hours} hours were inside P10 to P90; 80 % were promised": (
        "{day}: {share} af {hours} timer lå mellem P10 og P90; 80 % var lovet"
    ),
    "absolute error, MWh per hour": "absolut fejl, MWh pr. time",
    "lead time: hours between the issue and the hour": "horisont: timer fra udstedelsen til timen",
    "{hour}: forecast off by {error} MWh": "{hour}: prognosen ramte {error} MWh ved siden af",
    "{hour}: forecast off by {error} MWh; weekly naive off by {naive}": (
        "{hour}: prognosen ramte {error} MWh ved siden af; den naive uge {naive}"
    ),
    "{hour}: no error known": "{hour}: ingen kendt fejl",
    "{lead} ahead: {values}": "{lead} frem: {values}",
    "local hour, Europe/Copenhagen": "lokal time, Europe/Copenhagen",
    "too low   <   MWh per hour   >   too high": "for lavt   <   MWh pr. time   >   for højt",
    "{when}: forecasts were right on average, over {n} forecasts": (
        "{when}: prognoserne ramte rigtigt i gennemsnit, over {n} prognoser"
    ),
    "{when}: forecasts were {amount} MWh too high on average, over {n} forecasts": (
        "{when}: prognoserne lå {amount} MWh for højt i gennemsnit, over {n} prognoser"
    ),
    "{when}: forecasts were {amount} MWh too low on average, over {n} forecasts": (
        "{when}: prognoserne lå {amount} MWh for lavt i gennemsnit, over {n} prognoser"
    ),
    "settled minus preliminary, MWh per hour": "afregnet minus foreløbigt, MWh pr. time",
    "{day}: settled {difference} MWh against preliminary ({share}), an hour by up to {largest} MWh; {hours} hours compared": (
        "{day}: afregnet {difference} MWh mod foreløbigt ({share}), en time op til {largest} MWh; {hours} timer sammenlignet"
    ),
    "80 % interval": "80 %-interval",
    "90 % interval": "90 %-interval",
    "promised": "lovet",
    "Forecast (P50)": "Prognose (P50)",
    "Measured": "Målt",
    "not measured yet": "endnu ikke målt",
    "{hour}: nothing known": "{hour}: intet kendt",
}

_MODELS: Final[dict[str, str]] = {
    "The mean error of the last {recent_days} days is {recent} MWh, of the {days} scored days before {before} MWh: {rise}.": (
        "Middelfejlen er {recent} MWh de seneste {recent_days} dage og {before} MWh de {days} bedømte dage før: {rise}."
    ),
    "The model is {days} days old, counted from the week it was trained for; {allowed} are fine.": (
        "Modellen er {days} dage gammel, regnet fra den uge den er trænet til; {allowed} er i orden."
    ),
    "The weekly naive moved by {moved} meanwhile.": "Den naive uge flyttede sig {moved} imens.",
    "Too few days to judge drift: {recent} scored of the last {recent_days}, {before} of the {before_days} before.": (
        "For få dage til at bedømme drift: {recent} bedømt af de seneste {recent_days}, {before} af de {before_days} før."
    ),
    "area": "område",
    "change of sunshine in a week": "ændring af solskin på en uge",
    "change of temperature in a week": "ændring af temperatur på en uge",
    "change of wind in a week": "ændring af vind på en uge",
    "day of the week": "ugedag",
    "day of the year": "dag på året",
    "days since the last holiday": "dage siden sidste helligdag",
    "days to the next holiday": "dage til næste helligdag",
    "height of the sun": "solens højde",
    "hour of the day": "time på døgnet",
    "hours the data is late": "timer dataene er forsinket",
    "lead time": "horisont",
    "length of the day": "dagens længde",
    "level of the last week": "sidste uges niveau",
    "mean of the same hour in 4 weeks": "middel af samme time i 4 uger",
    "newest day against last week": "nyeste døgn mod sidste uge",
    "newest hours against last week": "nyeste timer mod sidste uge",
    "newest known hours": "nyeste kendte timer",
    "relative humidity": "relativ luftfugtighed",
    "same hour 1 week before": "samme time 1 uge før",
    "same hour 2 weeks before": "samme time 2 uger før",
    "same hour 3 weeks before": "samme time 3 uger før",
    "same hour 4 weeks before": "samme time 4 uger før",
    "same hour, newest known day": "samme time, nyeste kendte døgn",
    "same hour, the known day before": "samme time, det kendte døgn før",
    "same hour, two known days before": "samme time, to kendte døgn før",
    "sunshine": "solskin",
    "temperature": "lufttemperatur",
    "the hour against the newest, last week": "timen mod den nyeste, sidste uge",
    "wind speed": "vindhastighed",
    "workday, weekend or holiday": "hverdag, weekend eller helligdag",
    "Age and drift": "Alder og drift",
    "As of {moment}; drift is told for {name}": "Pr. {moment}; drift gælder {name}",
    "No model has been trained yet": "Der er endnu ikke trænet en model",
    "Share of what the trees gained by splitting on it; the longest bar is the largest share.": (
        "Andel af det træerne vandt ved at dele efter den; den længste bjælke er den største andel."
    ),
    "Until one is, the weekly naive is served: the same hour a week before.": (
        "Indtil da vises den naive uge: samme time en uge før."
    ),
    "What the model looks at": "Hvad modellen ser på",
    "Which model serves, and does it hold?": "Hvilken model er i brug, og holder den?",
    "Why this model": "Hvorfor denne model",
    "Champion then, MWh": "Daværende mester, MWh",
    "Learned from": "Lærte af",
    "Serves from": "I brug fra",
    "Serves since": "I brug siden",
    "Serving now": "I brug nu",
    "Skill, held out": "Forbedring på ukendte timer",
    "Training runs and their held-out scores, newest first": "Træninger og deres bedømmelse på ukendte timer, nyeste først",
    "Why": "Hvorfor",
    "challenger": "udfordrer",
    "champion": "mester",
    "good": "i orden",
    "look closer": "se nærmere",
    "not known yet": "endnu ukendt",
    "made the newest forecast, {moment}": "lavede den nyeste prognose, {moment}",
    "mean error {error} MWh, weekly naive {naive} MWh": "middelfejl {error} MWh, naiv uge {naive} MWh",
    "no forecast has been made yet": "der er endnu ikke lavet en prognose",
    "rows": "rækker",
    "serving": "i brug",
    "trained {moment}": "trænet {moment}",
    "{count} others together": "{count} andre tilsammen",
    "{start} to {end}": "{start} til {end}",
}

_DATA: Final[dict[str, str]] = {
    "the grid operator's day-ahead forecast": "netoperatørens prognose for næste døgn",
    "cleaned consumption in both vintages": "renset forbrug, foreløbigt og afregnet",
    "consumption by consumer group, about ten days after": "forbrug efter forbrugergruppe, omkring ti dage efter",
    "consumption by grid area, about nine days after": "forbrug efter netområde, omkring ni dage efter",
    "consumption by the hour as first published, about two hours after": (
        "forbrug time for time som først udgivet, omkring to timer efter"
    ),
    "consumption by the hour as settled, about eight days after": "forbrug time for time som afregnet, omkring otte dage efter",
    "every forecast that was made, with its quantiles": "alle prognoser der er lavet, med deres fraktiler",
    "forecasts of the past as they would have been made": "prognoser for fortiden, som de ville være lavet dengang",
    "how wrong the forecasts were, by hour and lead": "hvor meget prognoserne ramte ved siden af, efter time og horisont",
    "scores of those forecasts by month": "bedømmelse af de prognoser efter måned",
    "trained models; the newest is the week it serves": "trænede modeller; nyeste er den uge de bruges fra",
    "weather forecasts and observations by the hour": "vejrprognoser og -målinger time for time",
    "what the models look at, by the hour, also of hours ahead": "det modellerne ser på, time for time, også kommende timer",
    "Every table is as new as its source lets it be.": "Alle tabeller er så nye, som kilden tillader.",
    "How new is the data?": "Hvor nye er dataene?",
    "Every table and its newest value": "Alle tabeller og deres nyeste værdi",
    "Late: {tables}.": "Forsinket: {tables}.",
    "No check of an asset found anything.": "Ingen kontrol af et asset fandt noget.",
    "Every answer of a source was understood.": "Hvert svar fra en kilde blev forstået.",
    "Checks that found something: {n}. The table below says what.": (
        "Kontroller der fandt noget: {n}. Tabellen nedenfor siger hvad."
    ),
    "Answers of sources that could not be understood and lie in quarantine: {n}.": (
        "Svar fra kilder der ikke kunne forstås og ligger i karantæne: {n}."
    ),
    "check": "kontrol",
    "in quarantine": "i karantæne",
    "stops what follows": "standser det der følger",
    "warning": "advarsel",
    "Of what": "Hvad",
    "Who says so": "Hvem siger det",
    "What was found": "Hvad blev fundet",
    "Found": "Fundet",
    "What asks for a look": "Hvad der bør ses på",
    "Nothing is held yet": "Der er endnu ingen data",
    "Published {age}, as of {moment}": "Udgivet {age}, pr. {moment}",
    "{count} days ago": "{count} dage siden",
    "{count} days ahead": "{count} dage frem",
    "{count} h ago": "{count} t siden",
    "{count} h ahead": "{count} t frem",
    "{count} min ago": "{count} min siden",
    "{count} min ahead": "{count} min frem",
    "Age": "Alder",
    "Newest": "Nyeste",
    "Rows": "Rækker",
    "State": "Tilstand",
    "Table": "Tabel",
    "What it holds": "Hvad den rummer",
    "empty": "tom",
    "late": "forsinket",
    "on demand": "efter behov",
    "on time": "til tiden",
    "should reach {due}": "burde nå {due}",
}

MONITORING_PAGE: Final[dict[str, str]] = {
    **_CHARTS,
    **_MODELS,
    **_DATA,
    "SIMULATED": "SIMULERET",
    "Errors": "Fejl",
    "Patterns": "Mønstre",
    "Calibration": "Kalibrering",
    "Settlement": "Afregning",
    "Models": "Modeller",
    "Data": "Datasæt",
    "Day of forecast and truth": "Dag for prognose og måling",
    "Days by": "Dage efter",
    "Share of consumption": "Andel af forbruget",
    "{start} to {end}, against preliminary measurements": "{start} til {end}, mod foreløbige målinger",
    "{start} to {end}, {lead} ahead, against preliminary measurements": "{start} til {end}, {lead} frem, mod foreløbige målinger",
    "How good were the forecasts of {name}?": "Hvor gode var prognoserne for {name}?",
    "When do the forecasts of {name} go wrong?": "Hvornår rammer prognoserne for {name} ved siden af?",
    "Do the intervals of {name} keep their promise?": "Holder intervallerne for {name}, hvad de lover?",
    "What did settlement change for {name}?": "Hvad ændrede afregningen for {name}?",
    "Coverage by lead time": "Dækning efter horisont",
    "Farthest from its promise is {sentence}.": "Længst fra løftet er {sentence}.",
    "From {least} on {worst} to {most} on {best}.": "Fra {least} {worst} til {most} {best}.",
    "Is the 80 % interval honest? {lead} ahead, day by day": "Er 80 %-intervallet ærligt? {lead} frem, dag for dag",
    "Reliability of the quantiles, {lead} ahead": "Fraktilernes pålidelighed, {lead} frem",
    "Day-ahead forecast and truth, {day}": "Prognosen fra dagen før og målingen, {day}",
    "Error of every hour": "Fejl time for time",
    "Mean error {error} MWh; {inside} of {hours} hours lie inside the 80 % interval.": (
        "Middelfejl {error} MWh; {inside} af {hours} timer ligger inden for 80 %-intervallet."
    ),
    "No day has been scored yet.": "Endnu er ingen dag bedømt.",
    "No error is known yet.": "Endnu er ingen fejl kendt.",
    "No forecast of this day is held; what was measured is shown.": "Der findes ingen prognose for dagen; det målte vises.",
    "Nothing has been measured of this day yet.": "Endnu er intet målt af denne dag.",
    "Nothing is held of this day.": "Der findes intet for denne dag.",
    "The forecast beat the weekly naive on {better} of {days} days. Newest, {day}: {values}.": (
        "Prognosen slog den naive uge på {better} af {days} dage. Nyeste, {day}: {values}."
    ),
    "The forecast was nearer than the weekly naive in {better} of {hours} hours. Largest error: {largest}.": (
        "Prognosen var nærmere end den naive uge i {better} af {hours} timer. Største fejl: {largest}."
    ),
    "{measure}, day by day": "{measure}, dag for dag",
    "Bias by weekday and hour, {lead} ahead": "Skævhed efter ugedag og time, {lead} frem",
    "Mean error by lead time": "Middelfejl efter horisont",
    "Odd days and ordinary ones of the last {days} days, {lead} ahead": (
        "Særlige og almindelige dage blandt de seneste {days} dage, {lead} frem"
    ),
    "{near} ahead: {near_values}; {far} ahead: {far_values}.": "{near} frem: {near_values}; {far} frem: {far_values}.",
    "A longer period reaches back to days that have been.": "En længere periode når tilbage til dage, der er.",
    "Difference": "Forskel",
    "Difference, MWh": "Forskel, MWh",
    "Errors against either truth, on the same days, {lead} ahead": "Fejl mod hver af målingerne, de samme dage, {lead} frem",
    "Every settled day, newest first": "Alle afregnede dage, nyeste først",
    "Hours compared": "Timer sammenlignet",
    "Largest of an hour, MWh": "Største på en time, MWh",
    "No error against settled values is known yet": "Endnu er ingen fejl mod afregnede værdier kendt",
    "Nothing of this period has been settled yet": "Endnu er intet af perioden afregnet",
    "Over {days} settled days settlement moved consumption by {share}. Most: {largest}.": (
        "Over {days} afregnede dage flyttede afregningen forbruget {share}. Mest: {largest}."
    ),
    "Preliminary, MWh": "Foreløbigt, MWh",
    "Settled minus preliminary, day by day": "Afregnet minus foreløbigt, dag for dag",
    "Settled, MWh": "Afregnet, MWh",
    "The days that have been settled were not forecast, or not whole.": "De afregnede dage blev ikke eller ikke helt forudsagt.",
    "{start} to {end}; settled values come about eight days after the hour and are what is paid by": (
        "{start} til {end}; afregnede værdier kommer omkring otte dage efter timen, og det er dem der betales efter"
    ),
    "Christmas and New Year": "Jul og nytår",
    "Saturdays": "Lørdage",
    "Sundays": "Søndage",
    "Bridge days": "Indeklemte dage",
    "Coldest tenth of the days": "Den koldeste tiendedel af dagene",
    "Coldest tenth of the days, up to {limit} °C": "Den koldeste tiendedel af dagene, op til {limit} °C",
    "Days of 23 or 25 hours": "Døgn med 23 eller 25 timer",
    "Ordinary workdays": "Almindelige hverdage",
    "Public holidays": "Helligdage",
    "mean error against the weekly naive's; 0 % is no better": "middelfejl mod den naive uges; 0 % er ikke bedre",
    "Bias": "Skævhed",
    "Bias, MWh": "Skævhed, MWh",
    "Bias, preliminary, MWh": "Skævhed, foreløbigt, MWh",
    "Bias, settled, MWh": "Skævhed, afregnet, MWh",
    "Days": "Dage",
    "Errors appear about two hours after an hour has ended. A longer period or another area may have some.": (
        "Fejl kendes omkring to timer efter at en time er gået. En længere periode eller et andet område har måske nogle."
    ),
    "Forecaster": "Hvem",
    "Forecasts": "Prognoser",
    "Inside P10 to P90": "Mellem P10 og P90",
    "Kind of day": "Slags dag",
    "Mean error": "Middelfejl",
    "Mean error, MWh": "Middelfejl, MWh",
    "Mean error, preliminary, MWh": "Middelfejl, foreløbigt, MWh",
    "Mean error, settled, MWh": "Middelfejl, afregnet, MWh",
    "Model": "Model",
    "No forecast has been scored in this period": "Ingen prognose er bedømt i denne periode",
    "Skill": "Forbedring",
    "Skill, preliminary": "Forbedring, foreløbigt",
    "Skill, settled": "Forbedring, afregnet",
    "Verdict": "Dom",
    "WAPE over {hours} hours": "WAPE over {hours} timer",
    "Weekly naive, MWh": "Naiv uge, MWh",
    "above zero: forecasts were too high": "over nul: prognoserne lå for højt",
    "better than the naive": "bedre end den naive",
    "no better than the naive": "ikke bedre end den naive",
    "none scored yet": "ingen bedømt endnu",
    "too few days to judge": "for få dage til at dømme",
    "{promised} were promised": "{promised} var lovet",
}
