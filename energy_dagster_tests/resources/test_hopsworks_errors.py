"""What the Hopsworks client raises, in the platform's words; its classes are known by their names."""

from typing import Any

import pytest

from energy_dagster.resources.feature_store import AccessRefused, FeatureStoreError, NotAsWritten, OtherContract, StoreAway
from energy_dagster.resources.hopsworks_errors import holds_no_rows, translated

WHAT = "Writing partition 2026-03-01 of group predictions 1"


def raised(name: str, said: str, *, base: type[Exception] = Exception, cause: Exception | None = None) -> Exception:
    """An error of a class of that name."""
    error: Exception = type(name, (base,), {})(said)
    error.__cause__ = cause
    return error


SSL_ERROR = type("SSLError", (OSError,), {})
UNAVAILABLE = raised("FlightUnavailableError", "gone", base=type("FlightError", (Exception,), {}))


class Answer:
    """An answer of the server."""

    reason = "Reason"

    def __init__(self, status: int, body: Any) -> None:
        self.status_code, self.body = status, body

    def json(self) -> Any:
        if isinstance(self.body, Exception):
            raise self.body
        return self.body


def answered(status: int, body: Any) -> Exception:
    error = raised("RestAPIError", "Metadata operation error")
    error.response = Answer(status, body)  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (401, {"errorMsg": "Api key not found"}, AccessRefused, "401 Api key not found"),
        (403, {"usrMsg": "No rights", "errorMsg": "x"}, AccessRefused, "403 No rights"),
        (503, ValueError("no JSON"), StoreAway, "503 Reason"),
        (500, "a text", StoreAway, "500"),
        (429, {}, StoreAway, "429"),
        (400, {"errorMsg": "Illegal name"}, OtherContract, "400 Illegal name"),
        (404, {"errorMsg": "Project wasn't found."}, OtherContract, "404 Project wasn't found."),
    ],
)
def test_an_answer_is_told_by_its_status_and_the_servers_words(
    status: int, body: Any, kind: type[FeatureStoreError], said: str
) -> None:
    error = translated(WHAT, answered(status, body))
    assert type(error) is kind
    assert str(error).startswith(WHAT)
    assert said in str(error)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (raised("HopsworksSSLClientError", "no", base=SSL_ERROR), AccessRefused),
        (raised("ReadTimeout", "slow", base=type("Timeout", (OSError,), {})), StoreAway),
        (raised("KafkaException", "no broker"), StoreAway),
        (raised("JobExecutionException", "failed"), StoreAway),
        (raised("FeatureStoreException", "Failed to deliver row"), StoreAway),
        (raised("FeatureStoreException", "Features are not compatible with Feature group schema"), OtherContract),
        (raised("FeatureStoreException", "no", cause=raised("FlightUnauthenticatedError", "who")), AccessRefused),
        (raised("FeatureStoreException", "no", cause=UNAVAILABLE), StoreAway),
        (raised("CommitFailedError", "conflict", base=type("DeltaError", (Exception,), {})), StoreAway),
    ],
)
def test_errors_of_the_client_are_told_from_one_another(error: Exception, kind: type[FeatureStoreError]) -> None:
    assert type(translated(WHAT, error)) is kind


def test_errors_of_the_platform_stay_themselves() -> None:
    for error in (NotAsWritten("so"), KeyError("a mistake of ours")):
        assert translated(WHAT, error) is error


def test_a_long_error_is_cut() -> None:
    assert len(str(translated(WHAT, raised("KafkaException", "x" * 5000)))) < 600


def test_a_group_that_nobody_has_written_to_is_known_by_its_cause() -> None:
    cause = raised("FlightServerError", "No delta logs found for featuregroup predictions_1.")
    assert holds_no_rows(raised("FeatureStoreException", "Could not read data", cause=cause))
    assert not holds_no_rows(raised("FeatureStoreException", "Could not read data"))
