"""Which checks ask for a look: those whose newest evaluation found something."""

from datetime import UTC, datetime

from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, Config, DagsterInstance, asset, materialize

from energy_dagster.defs.attention import findings_of


class Found(Config):
    """What the checks are to find."""

    late: bool = False
    broken: bool = False
    fails: bool = False


LATE = AssetCheckSpec("fresh", asset="raw_load")
BROKEN = AssetCheckSpec("whole", asset="raw_load")
NEVER = AssetCheckSpec("never_run", asset="raw_weather")


@asset(check_specs=[LATE, BROKEN])
def raw_load(config: Found):  # type: ignore[no-untyped-def]  # dagster reads the annotation of what is yielded
    """An asset whose checks find what they are told."""
    from dagster import Output

    if config.fails:
        raise RuntimeError("before the checks")
    yield Output(None)
    yield AssetCheckResult(passed=not config.late, check_name="fresh", severity=AssetCheckSeverity.WARN, description="9 h old")
    yield AssetCheckResult(passed=not config.broken, check_name="whole", severity=AssetCheckSeverity.ERROR)


def test_only_what_the_newest_evaluation_found_asks_for_a_look() -> None:
    keys = [LATE.key, BROKEN.key, NEVER.key]
    with DagsterInstance.ephemeral() as instance:
        assert findings_of(instance, keys) == []
        _run(instance, late=True, broken=True)
        found = findings_of(instance, keys)
        told = [(one.subject, one.name, one.severity, one.told) for one in found]
        assert told == [("raw_load", "fresh", "warning", "9 h old"), ("raw_load", "whole", "error", "whole")]
        assert all(abs((one.found_at - datetime.now(UTC)).total_seconds()) < 60 for one in found)
        _run(instance, late=True, broken=False)
        assert [one.name for one in findings_of(instance, keys)] == ["fresh"]
        _run(instance, late=False, broken=False)
        assert findings_of(instance, keys) == []


def test_what_was_found_stands_while_the_next_run_has_only_planned_to_look() -> None:
    keys = [LATE.key, BROKEN.key]
    with DagsterInstance.ephemeral() as instance:
        _run(instance, late=True, broken=False)
        _run(instance, late=False, broken=False, fails=True)
        assert [one.name for one in findings_of(instance, keys)] == ["fresh"]


def _run(instance: DagsterInstance, *, late: bool, broken: bool, fails: bool = False) -> None:
    config = {"ops": {"raw_load": {"config": {"late": late, "broken": broken, "fails": fails}}}}
    materialize([raw_load], instance=instance, run_config=config, raise_on_error=not fails)
