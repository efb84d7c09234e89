"""Colours, fonts and style sheets: one look for the charts, the app and the self-contained page.

The colours are those of Okabe and Ito, which people with any colour vision can tell apart; no chart relies on colour alone.
"""

from pathlib import Path

FORECAST = "#0072B2"
ACTUAL = "#1B1F24"
NAIVE = "#C2410C"
TARGET = "#007A5A"
INK = "#1B2430"
MUTED = "#5B6676"
GRID = "#E6EAF0"
WEEKEND = "#7A8699"
HOLIDAY = "#E69F00"
WARNING = "#8A4B00"

FONT = "Inter, -apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"

TEMPLATES = Path(__file__).parent / "templates"


def stylesheet() -> str:
    """The style sheet that the app's panes and the self-contained page share."""
    return (TEMPLATES / "energy.css").read_text(encoding="utf-8")
