"""Loaded by every Python that is started with this folder on its path: its clock goes some seconds ahead of the machine's."""

import os
from datetime import UTC, datetime, timedelta

import time_machine

time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(os.environ["TICK_AHEAD_SECONDS"])), tick=True).start()
