"""What the contract tests share: they run the real clients of other people's services against stand-ins on loopback.

They need extras that the everyday environment leaves out (`make test-contract` has them); without these they are skipped.
"""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from energy_dagster_tests.contract.hopsworks_client import Login, logins

if TYPE_CHECKING:
    from energy_dagster_tests.contract.hopsworks_standin.standin import HopsworksStandIn

HERE = Path(__file__).parent
HAS_HOPSWORKS = importlib.util.find_spec("hopsworks") is not None

# doctests are looked for in every module, and these import the extra's packages
collect_ignore = [] if HAS_HOPSWORKS else ["hopsworks_standin"]

IGNORED_WARNINGS = (
    # hopsworks 5.2: whenever Kafka is said to be somebody else's; the stand-in's has no certificates, so it has to be
    "ignore:Getting connection details to externally managed Kafka cluster:UserWarning",
    # hopsworks 5.2: whenever a model is saved without a feature view; its class is hopsworks' own, so it is known by its words
    "ignore:Model schema cannot not be inferred without both the feature view",
    # hopsworks 5.2: whenever training data are made; the same
    "ignore:Incremented version to `",
)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Before tests are chosen by their marks."""
    if HERE in item.path.parents:
        item.add_marker(pytest.mark.contract)
        for ignored in IGNORED_WARNINGS:
            item.add_marker(pytest.mark.filterwarnings(ignored))


@pytest.fixture(scope="session")
def hopsworks_servers(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[HopsworksStandIn]":
    """The servers, started once: the client knows the query service's port by heart, so there can be one only."""
    pytest.importorskip("hopsworks", reason="the extra hopsworks is not installed; make test-contract has it")
    from energy_dagster_tests.contract.hopsworks_standin.standin import HopsworksStandIn

    standin = HopsworksStandIn(tmp_path_factory.mktemp("hopsworks"))
    yield standin
    standin.close()


@pytest.fixture
def hopsworks_standin(hopsworks_servers: "HopsworksStandIn") -> "Iterator[HopsworksStandIn]":
    """An empty cluster. What it does not know, and a planned fault that met nothing, fails the test."""
    hopsworks_servers.reset()
    yield hopsworks_servers
    try:
        hopsworks_servers.check()
    finally:
        hopsworks_servers.reset()


@pytest.fixture
def hopsworks_login(hopsworks_standin: "HopsworksStandIn", tmp_path: Path) -> Iterator[Login]:
    """Log in with the real client, as often as wanted; it is logged out before and after the test."""
    with logins(hopsworks_standin, tmp_path) as login:
        yield login


@pytest.fixture
def hopsworks_project(hopsworks_login: Login) -> Any:
    """The project of a client that is logged in."""
    return hopsworks_login()
