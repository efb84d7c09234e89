"""Runs one command and writes what it cost: CPU seconds of all its threads and children, wall seconds, peak memory.

A process of its own, with nothing but the standard library in it: what a process held when it started a command counts, on
Linux, towards that command's peak memory, so the starter has to be small.

Run: `python -I -S measured.py COST.json STDOUT STDERR COMMAND ..`; ends as the command ended, and the command with it.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

KIB_PER_MB = 1e6 / 1024
SIGNAL_WHEN_PARENT_ENDS = 1
"""PR_SET_PDEATHSIG of Linux's prctl."""


def end_with_parent() -> None:
    """A run whose benchmark was stopped would only take the machine from the next; elsewhere than on Linux it runs on."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SIGNAL_WHEN_PARENT_ENDS, signal.SIGTERM)


def main() -> int:
    end_with_parent()
    cost, stdout, stderr, *command = sys.argv[1:]
    started = time.monotonic()
    with Path(stdout).open("wb") as out, Path(stderr).open("wb") as err:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - there are no threads here
        )
        _, status, used = os.wait4(process.pid, 0)
    code = process.returncode = os.waitstatus_to_exitcode(status)
    measured = {
        "cpu_s": round(used.ru_utime + used.ru_stime, 2),
        "wall_s": round(time.monotonic() - started, 2),
        "peak_mb": round(used.ru_maxrss / KIB_PER_MB),
    }
    Path(cost).write_text(json.dumps(measured))
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
