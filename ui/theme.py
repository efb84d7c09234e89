"""Colours, fonts and style sheets: one look for the charts, the app and the self-contained page, by day and by night.

The colours are after those of Okabe and Ito, which people with any colour vision can tell apart; no chart relies on colour alone.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from ui.manner import Light, manner

FONT = "Inter, -apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Palette:
    """Every colour there is; each is also a CSS variable of its name."""

    forecast: str
    actual: str
    naive: str
    tso: str
    target: str
    ink: str
    muted: str
    grid: str
    weekend: str
    holiday: str
    warning: str
    ground: str
    paper: str
    shade: str
    line: str
    line_strong: str
    badge: str
    badge_ink: str
    good: str
    good_ink: str
    caution: str
    caution_ink: str
    link: str


PALETTES: Final[dict[Light, Palette]] = {
    "light": Palette(
        forecast="#0072B2",
        actual="#1B1F24",
        naive="#C2410C",
        tso="#7A3E9D",
        target="#007A5A",
        ink="#1B2430",
        muted="#5B6676",
        grid="#E6EAF0",
        weekend="#7A8699",
        holiday="#E69F00",
        warning="#8A4B00",
        ground="#F4F6F9",
        paper="#FFFFFF",
        shade="#F6F8FB",
        line="#E3E8EF",
        line_strong="#C4CDD9",
        badge="#E8EDF4",
        badge_ink="#33404F",
        good="#DCF1E8",
        good_ink="#005C43",
        caution="#FDECCB",
        caution_ink="#6F3B00",
        link="#005A8D",
    ),
    "dark": Palette(
        forecast="#56B4E9",
        actual="#F2F5F9",
        naive="#F2925A",
        tso="#CFA3EA",
        target="#4CC79A",
        ink="#E8EEF5",
        muted="#A3B2C4",
        grid="#2A3748",
        weekend="#93A5BD",
        holiday="#E69F00",
        warning="#FFC670",
        ground="#0E161F",
        paper="#16212D",
        shade="#1C2937",
        line="#2A3748",
        line_strong="#43556B",
        badge="#263446",
        badge_ink="#D2DEEA",
        good="#143A2E",
        good_ink="#8BE3C0",
        caution="#45300C",
        caution_ink="#FFD590",
        link="#7CC4F5",
    ),
}


def palette() -> Palette:
    """The colours of the light that is on."""
    return PALETTES[manner().light]


def stylesheet() -> str:
    """The style sheet that the app's panes and the self-contained page share; it takes its colours from `variables`."""
    return (TEMPLATES / "energy.css").read_text(encoding="utf-8")


def variables() -> str:
    """The colours of the light that is on as CSS variables of the whole page; they reach into every pane."""
    told = "".join(f"--{name.replace('_', '-')}: {colour}; " for name, colour in asdict(palette()).items())
    return f":root {{ color-scheme: {manner().light}; {told}}}"
