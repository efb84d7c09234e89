"""Whether the sources still are what the catalogue declares: asked once a day, and whenever a raw asset is made by hand."""

from dagster import AssetCheckResult, AssetChecksDefinition, AssetCheckSeverity, asset_check

from energy_dagster.defs.automation import EVERY_NIGHT
from energy_dagster.domain.catalogue import Feed
from energy_dagster.resources.portal import OpenDataPortal


def description_check(feed: Feed) -> AssetChecksDefinition:
    """The check that holds the portal's description of a feed's datasets against the catalogue."""

    @asset_check(
        asset=feed.asset,
        name="datasets_are_as_declared",
        description="The portal describes the columns, types, unit and key that the catalogue declares.",
        automation_condition=EVERY_NIGHT,
    )
    def datasets_are_as_declared(portal: OpenDataPortal) -> AssetCheckResult:
        findings = [portal.holds_to_the_catalogue(dataset) for dataset in feed.datasets]
        return AssetCheckResult(
            passed=all(finding.passed for finding in findings),
            severity=AssetCheckSeverity.WARN,
            description="; ".join(finding.description for finding in findings),
        )

    return datasets_are_as_declared
