"""Loaded by every Python that is started with this folder on its path: its clock goes some seconds ahead of the machine's.

Not that of gRPC, whose core reckons its deadlines by the machine's.
"""

import os
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import grpc._channel
import grpc._common
import grpc._server
import time_machine
from grpc._cython import cygrpc

machine = SimpleNamespace(**{**vars(time), "time": time_machine.escape_hatch.time.time})
for module in (grpc._channel, grpc._common, grpc._server, cygrpc):
    if hasattr(module, "time"):
        module.time = machine
time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(os.environ["TICK_AHEAD_SECONDS"])), tick=True).start()
