"""What the models look at and what the tables hold, in words."""

from ui.manner import say


def feature_name(feature: str) -> str:
    """A feature of the models in words; one without words keeps its name."""
    words = {
        "lead_hours": say("lead time"),
        "area_number": say("area"),
        "local_hour": say("hour of the day"),
        "day_of_week": say("day of the week"),
        "day_of_year": say("day of the year"),
        "day_kind": say("workday, weekend or holiday"),
        "days_to_holiday": say("days to the next holiday"),
        "days_since_holiday": say("days since the last holiday"),
        "sun_elevation_deg": say("height of the sun"),
        "daylight_hours": say("length of the day"),
        "hours_late": say("hours the data is late"),
        "same_hour_newest": say("same hour, newest known day"),
        "same_hour_next_newest": say("same hour, the known day before"),
        "same_hour_third_newest": say("same hour, two known days before"),
        "lag_168h": say("same hour 1 week before"),
        "lag_336h": say("same hour 2 weeks before"),
        "lag_504h": say("same hour 3 weeks before"),
        "lag_672h": say("same hour 4 weeks before"),
        "weekly_profile": say("mean of the same hour in 4 weeks"),
        "recent_level": say("level of the last week"),
        "newest_hours": say("newest known hours"),
        "newest_hours_against_last_week": say("newest hours against last week"),
        "recent_day_against_last_week": say("newest day against last week"),
        "target_against_newest_last_week": say("the hour against the newest, last week"),
        "temperature_c": say("temperature"),
        "wind_speed_ms": say("wind speed"),
        "relative_humidity_pct": say("relative humidity"),
        "shortwave_radiation_wm2": say("sunshine"),
        "temperature_change_c": say("change of temperature in a week"),
        "wind_change_ms": say("change of wind in a week"),
        "radiation_change_wm2": say("change of sunshine in a week"),
    }
    return words.get(feature, feature)


def table_content(table: str) -> str:
    """What a table holds, in words; nothing of a table that has none."""
    words = {
        "raw_load": say("consumption by the hour as first published, about two hours after"),
        "raw_settlement": say("consumption by the hour as settled, about eight days after"),
        "raw_consumer_groups": say("consumption by consumer group, about ten days after"),
        "raw_grid_areas": say("consumption by grid area, about nine days after"),
        "raw_weather": say("weather forecasts and observations by the hour"),
        "raw_tso_forecast": say("the grid operator's day-ahead forecast"),
        "consumption": say("cleaned consumption in both vintages"),
        "consumption_features": say("what the models look at, by the hour, also of hours ahead"),
        "predictions": say("every forecast that was made, with its quantiles"),
        "error_metrics": say("how wrong the forecasts were, by hour and lead"),
        "backtest_forecasts": say("forecasts of the past as they would have been made"),
        "backtest_scores": say("scores of those forecasts by month"),
        "models": say("trained models; the newest is the week it serves"),
    }
    return words.get(table, "")
