"""Model age: whether the model behind the newest issue learned from the last weeks."""

from datetime import datetime, timedelta

from energy_dagster.domain.model import ModelMeta
from energy_dagster.domain.quality import Finding

OLDEST_MODEL = timedelta(weeks=2)
"""How old the serving model may be: one missed week, or one challenger that was not good enough, is no news."""


def model_is_young(champion: ModelMeta | None, *, issued_at: datetime) -> Finding:
    """The model that serves an issue is not older than `OLDEST_MODEL`, counted from the start of the week it was trained for.

    Args:
        champion: meta of the champion of the issue's week; None when there is none that can be used.
        issued_at: of the newest issue, naive UTC.
    """
    issue = f"{issued_at:%Y-%m-%d %H:%M}"
    if champion is None:
        told = f"no model can be used at {issue} UTC, the weekly naive stands in: materialize this week's forecast_model"
        return Finding(passed=False, description=told, numbers={"issue": issue})
    age = issued_at - datetime.fromisoformat(champion.serves_from)
    days = age / timedelta(days=1)
    told = f"the model of {issue} UTC learned up to {days:.1f} days before; {OLDEST_MODEL.days} may be"
    if age > OLDEST_MODEL:
        told += ": see the runs and the check of forecast_model in the weeks since, and materialize this week's"
    numbers: dict[str, float | int | str] = {
        "model age [days]": days,
        "model version": champion.model_version,
        "issue": issue,
    }
    return Finding(passed=age <= OLDEST_MODEL, description=told, numbers=numbers)
