"""W&B through its own client: experiments written to a folder, and uploaded models looked up and linked.

The only module that imports wandb. It runs as a process of its own, `python -m energy_dagster.resources.experiments`: it reads one
request as JSON and answers with lines of JSON. Whatever the client does, hanging included, it does to that process, and whoever
started it ends it. Nothing here asks the network but `confirm`.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ARTIFACT = "forecast_model"
KEPT = "experiment.json"
"""Written into the folder of a run when it is whole."""


def log(request: Mapping[str, Any], tell: Callable[[Mapping[str, Any]], None]) -> None:
    """Write experiments below a folder, each as an offline run, and tell of each that is whole."""
    for experiment in request["experiments"]:
        folder, digest = _logged(experiment, request)
        kept = {"run_id": experiment["run_id"], "name": experiment["name"], "project": request["project"]}
        kept |= {"written_ns": time.time_ns()}
        if experiment["artifact"] is not None:
            kept |= {name: experiment["artifact"][name] for name in ("version", "promoted")} | {"digest": digest}
        whole = folder / f"{KEPT}.part"
        whole.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        whole.replace(folder / KEPT)
        tell({"logged": experiment["run_id"], "folder": str(folder)})


def _logged(experiment: Mapping[str, Any], request: Mapping[str, Any]) -> tuple[Path, str | None]:
    """The folder of the run and the digest of its artifact."""
    import wandb  # noqa: PLC0415 - an extra, and half a second

    run = wandb.init(
        mode="offline",
        dir=request["folder"],
        project=request["project"],
        entity=request["entity"],
        id=experiment["run_id"],
        name=experiment["name"],
        group=experiment["group"],
        job_type=experiment["job_type"],
        tags=[*experiment["tags"], *request["tags"]],
        config=experiment["config"],
        settings=wandb.Settings(
            silent=True,
            console="off",
            disable_git=True,
            disable_code=True,
            x_disable_meta=True,
            x_disable_stats=True,
            x_disable_machine_info=True,
            x_save_requirements=False,
        ),
    )
    with run:
        for step in experiment["history"]:
            run.log(step)
        drawn = {name: wandb.Table(columns=table["columns"], data=table["rows"]) for name, table in experiment["tables"].items()}
        drawn |= {name: _drawn(chart) for name, chart in experiment["charts"].items()}
        if drawn:
            run.log(drawn)
        run.summary.update(experiment["summary"])
        digest = _artifact_logged(run, experiment["artifact"], Path(request["files"], experiment["run_id"]))
        return Path(run.settings.sync_dir), digest


def _drawn(chart: Mapping[str, Any]) -> Any:
    import wandb  # noqa: PLC0415

    columns, rows, title = chart["table"]["columns"], chart["table"]["rows"], chart["title"]
    if chart["kind"] == "bars":
        label, value = columns
        return wandb.plot.bar(wandb.Table(columns=columns, data=rows), label, value, title=title)
    names = list(dict.fromkeys(row[0] for row in rows))
    lines = [[row for row in rows if row[0] == name] for name in names]
    xs, ys = ([[row[axis] for row in line] for line in lines] for axis in (1, 2))
    return wandb.plot.line_series(xs, ys, keys=names, title=title, xname=columns[1])


def _artifact_logged(run: Any, artifact: Mapping[str, Any] | None, files: Path) -> str | None:
    import wandb  # noqa: PLC0415

    if artifact is None:
        return None
    model = wandb.Artifact(ARTIFACT, type="model", metadata=artifact["metadata"])
    for file in sorted(files.iterdir()):
        model.add_file(str(file), file.name)
    return str(run.log_artifact(model, aliases=list(artifact["aliases"])).digest)


def confirm(request: Mapping[str, Any], tell: Callable[[Mapping[str, Any]], None]) -> None:
    """See that an uploaded model is there as it was written, and link it into the registry where it was promoted."""
    import wandb  # noqa: PLC0415

    path = f"{request['entity']}/{request['project']}/{ARTIFACT}:{request['version']}"
    service = wandb.Api({"entity": request["entity"], "project": request["project"]}, timeout=request["seconds"])
    found = service.artifact(path, type="model")
    if found.digest != request["digest"]:
        raise ValueError(f"expected {path} with the digest {request['digest']}, found {found.digest}")
    tell({"confirmed": path})
    if request["link"]:
        found.link(request["link"], aliases=request["link_aliases"])
        tell({"linked": request["link"]})


def main() -> None:
    """Do what is asked on standard input; standard output bears the answers alone, whatever else the client says."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(answer: Mapping[str, Any]) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    request = json.load(sys.stdin)
    try:
        {"log": log, "confirm": confirm}[request["do"]](request, tell)
    except Exception as error:  # noqa: BLE001 - whatever the client raises is told to who started this process
        tell({"problem": f"{type(error).__name__}: {error}"})
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
