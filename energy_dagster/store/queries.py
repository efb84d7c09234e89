"""The SQL of the store: bound parameters, explicit columns in the order of the row classes, half-open windows.

Parameters of time are naive UTC, as in the tables.
"""

_SERVED_REVISION = "COALESCE(MIN(revision) FILTER (WHERE origin = 'live'), MAX(revision))"
"""Of the revisions of an issue the first live one is served, else the newest; `Lake.standing` has the same rule."""

SERIES = """
WITH measured AS (
    SELECT area, consumer_group,
        MIN(hour_utc) FILTER (WHERE consumption_mwh IS NOT NULL) AS first_hour,
        MAX(hour_utc) FILTER (WHERE consumption_mwh IS NOT NULL) AS newest_hour,
        MAX(hour_utc) FILTER (WHERE consumption_mwh IS NOT NULL AND vintage = 'settled') AS newest_settled_hour,
        COUNT(DISTINCT hour_utc) FILTER (WHERE consumption_mwh IS NOT NULL) AS hours
    FROM consumption GROUP BY area, consumer_group
), forecast AS (
    SELECT area, consumer_group, MIN(issued_at) AS first_issue, MAX(issued_at) AS newest_issue
    FROM predictions GROUP BY area, consumer_group
)
SELECT area, consumer_group, first_hour, newest_hour, newest_settled_hour, COALESCE(hours, 0) AS hours, first_issue, newest_issue
FROM measured FULL JOIN forecast USING (area, consumer_group)
ORDER BY area, consumer_group
"""

# The ladder's lowest rung among the series, and the model that stands on it, speak for the issue.
ISSUES = f"""
WITH newest AS (
    SELECT DISTINCT issued_at FROM predictions WHERE issued_at >= $start AND issued_at < $end
    ORDER BY issued_at DESC LIMIT $limit
), candidates AS (
    SELECT issued_at, revision, origin, rung, model_version, area, consumer_group,
        CASE rung WHEN 'full' THEN 0 WHEN 'no_weather' THEN 1 WHEN 'older_lags' THEN 2 ELSE 3 END AS steps_down
    FROM predictions SEMI JOIN newest USING (issued_at)
), served AS (
    SELECT issued_at, {_SERVED_REVISION} AS revision
    FROM candidates GROUP BY issued_at
)
SELECT issued_at, revision, MIN(origin) AS origin, ARG_MAX(rung, steps_down) AS rung,
    ARG_MAX(model_version, steps_down) AS model_version, COUNT(DISTINCT (area, consumer_group)) AS series
FROM candidates JOIN served USING (issued_at, revision)
GROUP BY issued_at, revision ORDER BY issued_at DESC
"""  # noqa: S608 - a rule of ours

NEWEST_ISSUE_OF_SERIES = """
SELECT MAX(issued_at) FROM predictions
WHERE area = $area AND consumer_group = $consumer_group AND issued_at <= $as_of AND ($origin::VARCHAR IS NULL OR origin = $origin)
"""

NEWEST_ISSUE = "SELECT MAX(issued_at) FROM predictions WHERE issued_at <= $as_of"

# A revision belongs to the whole issue, so that DK is always the sum of the DK1 and DK2 served beside it.
FORECASTS = f"""
WITH served AS (
    SELECT issued_at, {_SERVED_REVISION} AS revision
    FROM predictions
    WHERE issued_at >= $issued_from AND issued_at < $issued_to AND ($revision::INTEGER IS NULL OR revision = $revision)
        AND ($origin::VARCHAR IS NULL OR origin = $origin)
    GROUP BY issued_at
)
SELECT issued_at, area, consumer_group, hour_utc, lead_hours,
    q05, q10, q20, q30, q40, q50, q60, q70, q80, q90, q95,
    naive_mwh, level_mwh, recent_mwh, calendar_mwh, holiday_mwh, weather_mwh, other_mwh,
    rung, origin, revision, model_version, consumption_cutoff, weather_cutoff, created_at
FROM predictions JOIN served USING (issued_at, revision)
WHERE area = $area AND consumer_group = $consumer_group
    AND issued_at >= $issued_from AND issued_at < $issued_to AND hour_utc >= $start AND hour_utc < $end
ORDER BY issued_at, hour_utc
"""  # noqa: S608 - a rule of ours

ISSUE_REVISIONS = f"""
WITH served AS (
    SELECT {_SERVED_REVISION} AS revision
    FROM predictions WHERE issued_at = $issued_at
), made AS (
    SELECT revision, MIN(origin) AS origin, MIN(model_version) AS model_version, MIN(created_at) AS created_at,
        MIN(run_id) AS run_id, MIN(_partition) AS partition, COUNT(DISTINCT (area, consumer_group)) AS series
    FROM predictions WHERE issued_at = $issued_at GROUP BY revision
)
SELECT $issued_at AS issued_at, made.revision, made.revision = served.revision AS served, origin, model_version, created_at,
    made.run_id, known.code_version, known.version, series
FROM made CROSS JOIN served
LEFT JOIN _partitions AS known
    ON known.asset = 'predictions' AND known.partition = made.partition AND known.revision = made.revision
ORDER BY made.revision
"""  # noqa: S608 - a rule of ours

# Each version once, at its shortest distance from the issue.
LINEAGE = """
WITH RECURSIVE walked AS (
    SELECT 0 AS steps, asset, partition, version FROM _partitions
    WHERE asset = 'predictions' AND revision = $revision
        AND partition = (SELECT MIN(_partition) FROM predictions WHERE issued_at = $issued_at AND revision = $revision)
    UNION
    SELECT steps + 1, input_asset, input_partition, input_version
    FROM walked JOIN _lineage USING (asset, partition, version)
)
SELECT MIN(steps) AS steps, asset, partition, version, ANY_VALUE(code_version), ANY_VALUE(run_id)
FROM walked LEFT JOIN _partitions USING (asset, partition, version)
GROUP BY asset, partition, version ORDER BY steps, asset, partition, version
"""

ACTUALS = """
SELECT area, consumer_group, hour_utc, vintage, vintage = 'preliminary' AS provisional, consumption_mwh, quality, published_mwh
FROM consumption
WHERE area = $area AND consumer_group = $consumer_group AND hour_utc >= $start AND hour_utc < $end AND vintage = $vintage
ORDER BY hour_utc
"""

# What was measured goes before what was estimated (imputed, merged_dst), then settled before preliminary.
BEST_ACTUALS = """
SELECT area, consumer_group, hour_utc, vintage, vintage = 'preliminary' AS provisional, consumption_mwh, quality, published_mwh
FROM consumption
WHERE area = $area AND consumer_group = $consumer_group AND hour_utc >= $start AND hour_utc < $end
QUALIFY 1 = ROW_NUMBER() OVER (
    PARTITION BY hour_utc
    ORDER BY CASE
        WHEN quality = 'ok' AND vintage = 'settled' THEN 0
        WHEN quality = 'ok' THEN 1
        WHEN consumption_mwh IS NOT NULL AND vintage = 'settled' THEN 2
        WHEN vintage = 'preliminary' THEN 3
        ELSE 4
    END
)
ORDER BY hour_utc
"""

# A day belongs to the window in which it begins, and is answered whole.
REVISIONS = """
SELECT area, consumer_group, day, hours, preliminary_mwh, settled_mwh, difference_mwh, mean_abs_difference_mwh,
    largest_abs_difference_mwh, difference_share
FROM revisions
WHERE area = $area AND consumer_group = $consumer_group
    AND timezone('UTC', timezone('Europe/Copenhagen', CAST(day AS TIMESTAMP))) >= $start
    AND timezone('UTC', timezone('Europe/Copenhagen', CAST(day AS TIMESTAMP))) < $end
ORDER BY day
"""

MODELS = """
SELECT model_version, serves_from, trained_at, training_start, training_end, training_rows, holdout_mae_mwh,
    holdout_naive_mae_mwh, holdout_champion_mae_mwh, holdout_skill, holdout_coverage_80, verdict, reason, parameters, areas,
    uses_weather, importance, code_version, inputs
FROM models WHERE $model_version::VARCHAR IS NULL OR model_version = $model_version
ORDER BY serves_from DESC, trained_at DESC LIMIT $limit
"""

# All of Denmark where both price areas are there.
TSO_FORECAST = """
SELECT $area AS area, hour_utc, SUM(forecast_mwh) AS forecast_mwh FROM raw_tso_forecast
WHERE (area = $area OR ($area = 'DK' AND area IN ('DK1', 'DK2'))) AND hour_utc >= $start AND hour_utc < $end
GROUP BY hour_utc HAVING COUNT(*) = CASE WHEN $area = 'DK' THEN 2 ELSE 1 END
ORDER BY hour_utc
"""

ATTENTION = """
SELECT kind, subject, name, severity, found_at, told FROM _attention ORDER BY severity, found_at DESC, kind, subject, name
"""

PROMOTIONS = """
SELECT decided_at, action, model_version, decided_by, reason FROM promotions
ORDER BY decided_at DESC, model_version, action LIMIT $limit
"""
