"""Where a version came from: which versions the run's step had read, and which code it ran.

A step reads through one IO manager and may write through another. What is read is therefore noted per step, in the process that
runs it, and whoever writes for the step takes it along. A step that makes a range of partitions has read for all of them, so a
partition made in a range names what the range read; one that was made alone, as an issue of the schedule is, names just its own.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from dagster import DagsterInvariantViolationError, InputContext, OutputContext

from energy_dagster.storage.code_identity import code_identity

Inputs = Mapping[str, Mapping[str, str]]
"""Versions by partition by asset."""

INPUTS_KEY, CODE_KEY, RUN_KEY = b"energy.inputs", b"energy.code", b"energy.run_id"
_STEPS_KEPT = 256

StepId = tuple[str, str]


@dataclass(frozen=True)
class Provenance:
    """What a version was made from, by which code, in which run."""

    inputs: Inputs = field(default_factory=dict)
    code: str = ""
    run_id: str = ""

    def to_metadata(self) -> dict[bytes, bytes]:
        """As the metadata of a Parquet footer."""
        inputs = json.dumps(self.inputs, sort_keys=True)
        return {INPUTS_KEY: inputs.encode(), CODE_KEY: self.code.encode(), RUN_KEY: self.run_id.encode()}

    @staticmethod
    def from_metadata(metadata: Mapping[bytes, bytes]) -> "Provenance":
        """From the metadata of a Parquet footer; what is not there is empty.

        Raises:
            ValueError: the inputs are no JSON.
        """
        inputs = json.loads(metadata.get(INPUTS_KEY, b"{}"))
        return Provenance(inputs, *(metadata.get(key, b"").decode() for key in (CODE_KEY, RUN_KEY)))


class StepReads:
    """What the steps that run in this process have read; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: OrderedDict[StepId, dict[str, dict[str, str]]] = OrderedDict()

    def note(self, context: InputContext, asset: str, versions: Mapping[str, str]) -> None:
        """Note versions by partition that a step has read of an asset."""
        step = _reading_step(context)
        if step is None:
            return
        with self._lock:
            self._read.setdefault(step, {}).setdefault(asset, {}).update(versions)
            while len(self._read) > _STEPS_KEPT:
                self._read.popitem(last=False)

    def provenance(self, context: OutputContext) -> Provenance:
        """Where what a step writes comes from."""
        with self._lock:
            step = _writing_step(context)
            read = {} if step is None else self._read.get(step, {})
            inputs = {asset: dict(versions) for asset, versions in read.items()}
        return Provenance(inputs, code_identity(), context.run_id)


def _reading_step(context: InputContext) -> StepId | None:
    """The step, or None outside of a run."""
    try:
        step = context.step_context
    except DagsterInvariantViolationError:  # a context that was built by hand
        return None
    return step.run_id, step.step.key


def _writing_step(context: OutputContext) -> StepId | None:
    try:
        return context.run_id, context.step_key
    except DagsterInvariantViolationError:
        return None


READS = StepReads()
"""Of this process."""
