"""actionlint, once for all tests."""

import pytest

from energy_dagster_tests.infrastructure.workflows.linters import Actionlint


@pytest.fixture(scope="session")
def actionlint(tmp_path_factory: pytest.TempPathFactory) -> Actionlint:
    """actionlint; skips where it cannot be had."""
    return Actionlint.install(tmp_path_factory.mktemp("actionlint"))
