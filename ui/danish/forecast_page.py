"""What the forecast page says."""

from typing import Final

FORECAST_PAGE: Final[dict[str, str]] = {}
