"""What a run needs, loaded: Dagster, the graph, and what its assets import only once they are at work."""

from importlib import import_module

from energy_dagster.definitions import defs
from energy_dagster.settings import Settings

AT_WORK = ("dagster._cli.api", "dagster._grpc.impl", "holidays", "pyarrow.dataset", "pyarrow.parquet")
REPLICA = "energy_dagster.sandbox.app"

for module in (*AT_WORK, *([] if Settings().source == "live" else [REPLICA])):
    import_module(module)
defs.get_repository_def().get_all_jobs()
