"""An engine, and the three images built by it."""

from collections.abc import Iterator
from typing import Final

import pytest

from energy_dagster_tests.infrastructure.containers.engine import BASE, PROJECT, STAND_INS, Engine, cache_folder, missing
from energy_dagster_tests.infrastructure.containers.platform import Platform, copy_compose
from energy_dagster_tests.infrastructure.terraform.tool import give_up

REPOSITORY: Final = "localhost/energy-dagster"
TAG: Final = "test"
TARGETS: Final = ("pipeline", "api", "ui")
VERSION, REVISION = "1.2.3", "0123abc"
PRUNE_SECONDS: Final = 600


@pytest.fixture(scope="package")
def engine() -> Engine:
    """podman and buildah, with a base image; skips where they cannot be used."""
    reason = missing()
    if reason:
        give_up(reason)
    made = Engine.in_folder(cache_folder())
    made.make_base()
    return made


@pytest.fixture(scope="package")
def images(engine: Engine) -> Iterator[dict[str, str]]:
    """The images of the Dockerfile by target; taken away at the end, so that many runs leave no more than one."""
    names = {target: f"{REPOSITORY}:{TAG}-{target}" for target in TARGETS}
    arguments = {"PYTHON_IMAGE": BASE, "VERSION": VERSION, "REVISION": REVISION, "SOURCE": "https://example.org/energy"}
    told = [f"--build-arg={name}={value}" for name, value in arguments.items()]
    for target, name in names.items():
        engine.build(PROJECT, name, f"--target={target}", *told)
    yield names
    for name in names.values():
        engine.run("podman", "image", "untag", name, name)
    engine.run("podman", "image", "prune", "--force", seconds=PRUNE_SECONDS)


@pytest.fixture(scope="module")
def platform(engine: Engine, images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Everything of compose.yaml, up; taken away at the end, with its volumes."""
    assert images
    folder = copy_compose(tmp_path_factory.mktemp("compose"))
    made = Platform.of(engine, folder, tag=TAG)
    for service, stand_in in (("postgres", "postgres"), ("proxy", "caddy")):
        file = STAND_INS / f"{stand_in}.Dockerfile"
        engine.build(STAND_INS, made.services[service]["image"], f"--file={file}", f"--build-arg=BASE={BASE}")
    try:
        made.up()
        yield made
    finally:
        made.down()
