"""The SQL of errors and scores: bound parameters, explicit columns in the order of the row classes, half-open windows."""

from energy_dagster.domain.tables import QUANTILES, quantile_column
from energy_dagster.store.queries import _SERVED_REVISION

ERRORS = """
SELECT area, consumer_group, hour_utc AS period_start, hour_utc + INTERVAL 1 HOUR AS period_end, lead_bucket, vintage,
    1 AS hours, issues, live_issues, actual_mwh, forecast_mwh, naive_mwh, error_mwh, abs_error_mwh,
    SQRT(squared_error_mwh2) AS rmse_mwh, naive_abs_error_mwh, pinball_mwh, inside_80, inside_90
FROM error_metrics
WHERE area = $area AND consumer_group = $consumer_group AND hour_utc >= $start AND hour_utc < $end
    AND vintage = $vintage AND ($lead_bucket::VARCHAR IS NULL OR lead_bucket = $lead_bucket)
ORDER BY hour_utc, lead_bucket
"""

# A row of error_metrics is a mean over `issues` issues, so every sum weighs it by them: means are over issue-hours.
# Days and months are local; `period` is the local time of an hour's period, or null for the whole window.
ERRORS_BY_PERIOD = """
WITH chosen AS (
    SELECT *,
        CASE WHEN $by = 'lead_bucket' OR $lead_bucket::VARCHAR IS NOT NULL THEN lead_bucket ELSE 'all' END AS bucket,
        CASE $by
            WHEN 'day' THEN date_trunc('day', timezone('Europe/Copenhagen', timezone('UTC', hour_utc)))
            WHEN 'month' THEN date_trunc('month', timezone('Europe/Copenhagen', timezone('UTC', hour_utc)))
        END AS period
    FROM error_metrics
    WHERE area = $area AND consumer_group = $consumer_group AND hour_utc >= $start AND hour_utc < $end
        AND vintage = $vintage AND ($lead_bucket::VARCHAR IS NULL OR lead_bucket = $lead_bucket)
)
SELECT area, consumer_group,
    COALESCE(timezone('UTC', timezone('Europe/Copenhagen', period)), $start) AS period_start,
    COALESCE(timezone('UTC', timezone('Europe/Copenhagen',
        period + CASE $by WHEN 'day' THEN INTERVAL 1 DAY ELSE INTERVAL 1 MONTH END)), $end) AS period_end,
    bucket, vintage, COUNT(DISTINCT hour_utc) AS hours, SUM(issues)::BIGINT AS issues, SUM(live_issues)::BIGINT AS live_issues,
    SUM(issues * actual_mwh) / SUM(issues) AS actual_mwh,
    SUM(issues * forecast_mwh) / SUM(issues) AS forecast_mwh,
    SUM(issues * naive_mwh) / SUM(issues) FILTER (WHERE naive_mwh IS NOT NULL) AS naive_mwh,
    SUM(issues * error_mwh) / SUM(issues) AS error_mwh,
    SUM(issues * abs_error_mwh) / SUM(issues) AS abs_error_mwh,
    SQRT(SUM(issues * squared_error_mwh2) / SUM(issues)) AS rmse_mwh,
    SUM(issues * naive_abs_error_mwh) / SUM(issues) FILTER (WHERE naive_mwh IS NOT NULL) AS naive_abs_error_mwh,
    SUM(issues * pinball_mwh) / SUM(issues) AS pinball_mwh,
    SUM(issues * inside_80) / SUM(issues) AS inside_80,
    SUM(issues * inside_90) / SUM(issues) AS inside_90
FROM chosen
GROUP BY area, consumer_group, vintage, period, bucket
ORDER BY period_start, bucket
"""

# Three forecasters say one value each for the same judged hours; the naive and the TSO say the same at every lead. Half of an
# absolute error is the pinball loss of a single value over levels that lie evenly around the middle.
# Skill compares only rows where both the forecaster and the naive are known.
SCORECARD = """
WITH judged AS (
    SELECT errors.*, timezone('Europe/Copenhagen', timezone('UTC', errors.hour_utc)) AS local, day_kind
    FROM error_metrics AS errors
    LEFT JOIN (
        SELECT area, consumer_group, hour_utc, day_kind FROM consumption_features WHERE hour_utc >= $start AND hour_utc < $end
    ) USING (area, consumer_group, hour_utc)
    WHERE errors.hour_utc >= $start AND errors.hour_utc < $end AND vintage = $vintage
        AND ($area::VARCHAR IS NULL OR errors.area = $area)
        AND ($consumer_group::VARCHAR IS NULL OR errors.consumer_group = $consumer_group)
        AND ($lead_bucket::VARCHAR IS NULL OR lead_bucket = $lead_bucket)
), operator AS (
    SELECT area, hour_utc, forecast_mwh AS operator_mwh FROM raw_tso_forecast WHERE hour_utc >= $start AND hour_utc < $end
    UNION ALL
    SELECT 'DK', hour_utc, SUM(forecast_mwh) FROM raw_tso_forecast
    WHERE hour_utc >= $start AND hour_utc < $end AND area IN ('DK1', 'DK2')
    GROUP BY hour_utc HAVING COUNT(*) = 2
), said AS (
    SELECT 1 AS place, 'forecast' AS forecaster, judged.* EXCLUDE (forecast_mwh, naive_mwh, live_issues) FROM judged
    UNION ALL BY NAME
    SELECT 2 AS place, 'weekly_naive' AS forecaster, area, consumer_group, hour_utc, lead_bucket, issues, actual_mwh, local,
        day_kind, naive_mwh - actual_mwh AS error_mwh, naive_abs_error_mwh AS abs_error_mwh,
        naive_abs_error_mwh ** 2 AS squared_error_mwh2, naive_abs_error_mwh, naive_abs_error_mwh / 2 AS pinball_mwh
    FROM judged WHERE naive_mwh IS NOT NULL
    UNION ALL BY NAME
    SELECT 3 AS place, 'tso' AS forecaster, area, consumer_group, hour_utc, lead_bucket, issues, actual_mwh, local, day_kind,
        operator_mwh - actual_mwh AS error_mwh, ABS(operator_mwh - actual_mwh) AS abs_error_mwh,
        (operator_mwh - actual_mwh) ** 2 AS squared_error_mwh2, naive_abs_error_mwh,
        ABS(operator_mwh - actual_mwh) / 2 AS pinball_mwh
    FROM judged JOIN operator USING (area, hour_utc) WHERE consumer_group = 'total'
), told AS (
    SELECT *,
        CASE WHEN list_contains($by, 'lead_bucket') OR $lead_bucket::VARCHAR IS NOT NULL THEN lead_bucket ELSE 'all' END AS bucket,
        CASE WHEN list_contains($by, 'day') THEN CAST(local AS DATE) END AS day,
        CASE WHEN list_contains($by, 'month') THEN strftime(local, '%Y-%m') END AS month,
        CASE WHEN list_contains($by, 'day_type') THEN COALESCE($day_types[day_kind + 1], 'unknown') END AS day_type,
        CASE WHEN list_contains($by, 'weekday') THEN isodow(local)::INTEGER END AS weekday,
        CASE WHEN list_contains($by, 'local_hour') THEN hour(local)::INTEGER END AS local_hour
    FROM said
)
SELECT area, consumer_group, forecaster, bucket, day, month, day_type, weekday, local_hour,
    COUNT(DISTINCT hour_utc) AS hours, SUM(issues)::BIGINT AS n,
    SUM(issues * abs_error_mwh) / SUM(issues) AS mae_mwh,
    SUM(issues * abs_error_mwh) / NULLIF(SUM(issues * actual_mwh), 0) AS wape,
    SUM(issues * abs_error_mwh / actual_mwh) FILTER (WHERE actual_mwh > 0)
        / SUM(issues) FILTER (WHERE actual_mwh > 0) AS mape,
    SQRT(SUM(issues * squared_error_mwh2) / SUM(issues)) AS rmse_mwh,
    SUM(issues * error_mwh) / SUM(issues) AS bias_mwh,
    1 - SUM(issues * abs_error_mwh) FILTER (WHERE naive_abs_error_mwh IS NOT NULL)
        / NULLIF(SUM(issues * naive_abs_error_mwh), 0) AS skill,
    SUM(issues * pinball_mwh) / SUM(issues) AS pinball_mwh,
    SUM(issues * inside_80) / SUM(issues) AS coverage_80,
    SUM(issues * inside_90) / SUM(issues) AS coverage_90
FROM told
GROUP BY area, consumer_group, place, forecaster, bucket, day, month, day_type, weekday, local_hour
ORDER BY area, consumer_group, day, month, day_type, weekday, local_hour, bucket = 'all' DESC, bucket, place
"""

_LEVELS = ", ".join(f"{level:g}" for level in QUANTILES)
_SHARES = ", ".join(f"AVG((consumption_mwh <= {quantile_column(level)})::INTEGER)" for level in QUANTILES)

# Judged as errors are: the served revision of every issue, on hours whose quality is ok.
RELIABILITY = f"""
WITH truth AS (
    SELECT hour_utc, consumption_mwh FROM consumption
    WHERE area = $area AND consumer_group = $consumer_group AND vintage = $vintage AND quality = 'ok'
        AND hour_utc >= $start AND hour_utc < $end
), served AS (
    SELECT issued_at, {_SERVED_REVISION} AS revision FROM predictions WHERE issued_at >= $issued_from AND issued_at < $end
    GROUP BY issued_at
), summed AS (
    SELECT [{_SHARES}] AS shares, COUNT(*) AS n
    FROM predictions JOIN served USING (issued_at, revision) JOIN truth USING (hour_utc)
    WHERE area = $area AND consumer_group = $consumer_group AND issued_at >= $issued_from AND issued_at < $end
        AND lead_hours BETWEEN $first_lead AND $last_lead
)
SELECT UNNEST([{_LEVELS}])::DOUBLE AS level, UNNEST(shares) AS share, n FROM summed WHERE n > 0
"""  # noqa: S608 - names and a rule of ours

# The two price areas speak for the whole country, each as much as the other.
DAY_TEMPERATURES = """
WITH hourly AS (
    SELECT hour_utc, AVG(temperature_c_day0) AS temperature_c,
        CAST(timezone('Europe/Copenhagen', timezone('UTC', hour_utc)) AS DATE) AS day
    FROM consumption_features
    WHERE area IN (SELECT UNNEST($areas::VARCHAR[])) AND consumer_group = 'total' AND temperature_c_day0 IS NOT NULL
        AND hour_utc >= $start AND hour_utc < $end
    GROUP BY hour_utc HAVING COUNT(*) = len($areas::VARCHAR[])
)
SELECT $area AS area, day, COUNT(*) AS hours, AVG(temperature_c) AS temperature_c FROM hourly GROUP BY day ORDER BY day
"""
