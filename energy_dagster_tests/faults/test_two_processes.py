"""Two processes on one host that ask the same dataset keep its pace together."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from energy_dagster.domain.catalogue import BALANCE, SETTLEMENT
from energy_dagster_tests.faults.replica import Replica

SECONDS_BETWEEN = 0.6
REQUESTS_OF_A_PROCESS = 3
UNEVEN_SECONDS = 0.3
"""How much later than its turn a request may be sent on a busy machine."""

ASKING = """
import sys
from datetime import datetime, timedelta
from energy_dagster.domain.catalogue import DATASETS
from energy_dagster.resources.clock import Clock
from energy_dagster.resources.portal import OpenDataPortal
from energy_dagster.resources.sources import Sources

url, pace, first, then, times, seconds = sys.argv[1:]
clock = Clock()
portal = OpenDataPortal(
    url=url, seconds_between=float(seconds), sources=Sources(source="live", clock=clock, pace_folder=pace)
)
start = datetime(2018, 10, 1)
for name in (first, *[then] * int(times)):
    portal.fetch(DATASETS[name], start, start + timedelta(hours=3), now=clock.now())
"""


def test_two_processes_keep_one_pace(replica: Replica, tmp_path: Path) -> None:
    arguments = (BALANCE.name, SETTLEMENT.name, str(REQUESTS_OF_A_PROCESS), str(SECONDS_BETWEEN))
    command = [sys.executable, "-c", ASKING, replica.url, str(tmp_path / "pace"), *arguments]
    for process in [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    asked = [seconds for name, seconds in replica.asked if name == SETTLEMENT.name]
    assert len(asked) == 2 * REQUESTS_OF_A_PROCESS
    assert asked[-1] - asked[0] > SECONDS_BETWEEN * (len(asked) - 1) - UNEVEN_SECONDS
    assert min(later - earlier for earlier, later in pairwise(asked)) > SECONDS_BETWEEN - UNEVEN_SECONDS
