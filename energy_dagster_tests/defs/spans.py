"""The partitions that a request of a sensor spans."""

from dagster import RunRequest


def span_of(request: RunRequest) -> tuple[str, str]:
    """First and last of them."""
    if request.partition_key is not None:
        return request.partition_key, request.partition_key
    return request.tags["dagster/asset_partition_range_start"], request.tags["dagster/asset_partition_range_end"]
