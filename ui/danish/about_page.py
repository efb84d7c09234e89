"""What the page about the data says."""

from typing import Final

ABOUT_PAGE: Final[dict[str, str]] = {
    "About the data": "Om data",
    "About": "Om data",
    "Series": "Serie",
    "First hour": "Første time",
    "Newest hour": "Nyeste time",
    "Settled up to": "Afregnet til",
    "Hours": "Timer",
    "Coverage": "Dækning",
    "Newest issue": "Nyeste prognose",
    "What is held": "Hvad der er gemt",
    "What is shown": "Hvad der vises",
    (
        "Electricity consumption of the price areas of Denmark in MWh per hour, which is also the mean power in MW. DK1 is west "
        "of the Great Belt, DK2 east of it, and Denmark is the sum of both."
    ): (
        "Elforbruget i Danmarks prisområder i MWh pr. time, hvilket også er middeleffekten i MW. DK1 ligger vest for "
        "Storebælt, DK2 øst for, og Danmark er summen af begge."
    ),
    "Where it comes from": "Hvor det kommer fra",
    "Everything on these pages is simulated by the built-in sandbox: no number was measured anywhere.": (
        "Alt på disse sider er simuleret af den indbyggede sandkasse: intet tal er målt nogen steder."
    ),
    (
        "Consumption is published by Energinet (Energi Data Service, CC BY 4.0), weather forecasts by Open-Meteo. They are read "
        "every hour and kept as they were first read."
    ): (
        "Forbruget udgives af Energinet (Energi Data Service, CC BY 4.0), vejrprognoserne af Open-Meteo. De læses hver time "
        "og gemmes, som de først blev læst."
    ),
    "Two truths": "To sandheder",
    (
        "A preliminary value comes about two hours after an hour has ended and is not validated. Settlement corrects it about "
        "eight days later. Forecasts are judged against both, and hours not settled yet are drawn as provisional."
    ): (
        "En foreløbig værdi kommer cirka to timer efter, at en time er slut, og er ikke valideret. Afregningen retter den "
        "cirka otte dage senere. Prognoserne bedømmes mod begge, og timer, der ikke er afregnet endnu, tegnes som foreløbige."
    ),
    "What a forecast is": "Hvad en prognose er",
    (
        "Every hour a forecast of the next 48 hours is issued from what could be known at that moment, and is kept for ever. P50 "
        "is the line: half of the outcomes should lie above it. P10 to P90 should hold 80 % of them, P5 to P95 90 %."
    ): (
        "Hver time udstedes en prognose for de næste 48 timer ud fra, hvad man kunne vide i det øjeblik, og den gemmes for "
        "altid. P50 er linjen: halvdelen af udfaldene bør ligge over den. P10 til P90 bør rumme 80 % af dem, P5 til P95 90 %."
    ),
    "How it is judged": "Hvordan den bedømmes",
    (
        "By the mean absolute error, beside that of the weekly naive: the consumption of the same hour one week before. Skill is "
        "the share of the naive's error that the forecast avoids; 0 % is no better. The lead time is how far ahead was looked."
    ): (
        "På middelfejlen, ved siden af den naive uges: forbruget i samme time en uge før. Forbedringen er den del af den "
        "naives fejl, som prognosen undgår; 0 % er ikke bedre. Horisonten er, hvor langt frem der blev set."
    ),
    "When something fails": "Når noget svigter",
    (
        "A forecast does not stop when weather or consumption are late; it steps down and says so. Without a usable model the "
        "weekly naive itself is served, marked as a fallback."
    ): (
        "En prognose stopper ikke, når vejr eller forbrug er forsinket; den træder et trin ned og siger det. Uden en brugbar "
        "model vises den naive uge selv, mærket som nødløsning."
    ),
}
