"""Every text of the pages in Danish, by its English."""

from typing import Final

from ui.danish.about_page import ABOUT_PAGE
from ui.danish.charts import CHARTS
from ui.danish.forecast_page import FORECAST_PAGE
from ui.danish.monitoring_page import MONITORING_PAGE
from ui.danish.site import SITE

DANISH: Final[dict[str, str]] = {**SITE, **CHARTS, **FORECAST_PAGE, **MONITORING_PAGE, **ABOUT_PAGE}
