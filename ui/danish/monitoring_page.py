"""What the monitoring page says."""

from typing import Final

MONITORING_PAGE: Final[dict[str, str]] = {}
