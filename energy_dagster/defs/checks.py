"""Asset checks: which findings block what follows, and which only warn."""

from collections.abc import Iterator
from typing import Any

from dagster import AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, Failure, Output

from energy_dagster.domain.quality import Finding

Checked = Iterator[Output[Any] | AssetCheckResult]
"""What an asset with checks yields: its value, then the results."""


def blocking(asset: str, name: str, description: str) -> AssetCheckSpec:
    """A check whose failure stops what is built on the asset."""
    return AssetCheckSpec(name, asset=asset, blocking=True, description=description)


def warning(asset: str, name: str, description: str) -> AssetCheckSpec:
    """A check that tells of a world that is late or odd."""
    return AssetCheckSpec(name, asset=asset, description=description)


def found(spec: AssetCheckSpec, finding: Finding) -> AssetCheckResult:
    """The result of a check."""
    return AssetCheckResult(
        check_name=spec.name,
        asset_key=spec.asset_key,
        passed=finding.passed,
        severity=AssetCheckSeverity.ERROR if spec.blocking else AssetCheckSeverity.WARN,
        description=finding.description,
        metadata=dict(finding.numbers),
    )


def kept_if(spec: AssetCheckSpec, finding: Finding, value: Any, *, metadata: dict[str, Any] | None = None) -> Checked:
    """The value with the result of its blocking check. A value that fails is not written: nobody ever reads it.

    Raises:
        Failure: the finding did not pass; the message says what was found.
    """
    if not finding.passed:
        yield found(spec, finding)
        raise Failure(f"{spec.asset_key.to_user_string()} is not kept: {spec.name}: {finding.description}", allow_retries=False)
    yield Output(value, metadata=metadata)
    yield found(spec, finding)
