"""What the Hopsworks client raises, in the platform's own errors: what failed, and what to do about it.

Its errors are known by the names of their classes, so that nothing of the client is imported here.
"""

from energy_dagster.resources.feature_store import AccessRefused, FeatureStoreError, OtherContract, StoreAway

REFUSED = (401, 403)
PASSING = (408, 425, 429)
SERVER_FAULTS = 500
SHOWN_LETTERS = 300

NETWORK = {"ConnectionError", "Timeout", "TimeoutException", "TransportError", "KafkaException", "KafkaError", "DeltaError"}
NETWORK |= {"CommitFailedError", "JobExecutionException", "JobException", "DatasetException", "ModelRegistryException", "OSError"}
NETWORK |= {"FlightError", "ArrowException", "RetryError", "TableNotFoundError"}
NOT_KNOWN = {"FlightUnauthenticatedError", "FlightUnauthorizedError"}
UNTRUSTED = {"SSLError", "SSLCertVerificationError"}
NO_ROWS = ("No delta logs found", "No data found", "No commits found")


def holds_no_rows(error: BaseException) -> bool:
    """Whether an error says that a group was never written to."""
    return any(words in str(one) for one in _causes(error) for words in NO_ROWS)


def translated(what: str, error: Exception) -> Exception:
    """The error in the platform's words; one that is none of the service's stays itself.

    Args:
        what: what failed, beginning a sentence.
        error: as it was raised.
    """
    if isinstance(error, FeatureStoreError):
        return error
    names = {cls.__name__ for one in _causes(error) for cls in type(one).__mro__}
    if UNTRUSTED & names:
        return AccessRefused(
            f"{what} failed: the server's certificate is not trusted ({_brief(error)}); "
            "name the authority's file in HOPSWORKS_TRUST_STORE_PATH"
        )
    if "RestAPIError" in names:
        return _of_answer(what, error)
    if NOT_KNOWN & names:
        return AccessRefused(
            f"{what} failed: the query service does not know this project's certificate; log in anew or ask for one"
        )
    if "FeatureStoreException" in names and not NETWORK - {"OSError"} & names and "deliver" not in str(error):
        return OtherContract(f"{what} was refused by the Hopsworks client: {_brief(error)}")
    if (NETWORK | {"FeatureStoreException"}) & names:
        return StoreAway(f"{what} failed: {_brief(error)}; it is tried again, and a backfill of the partition repairs it later")
    return error


def _of_answer(what: str, error: Exception) -> FeatureStoreError:
    """What an answer of the server means, by its status."""
    response = getattr(error, "response", None)
    status = int(getattr(response, "status_code", 0) or 0)
    said = f"{status} {_words_of(response)}".strip()
    if status in REFUSED:
        return AccessRefused(
            f"{what} was refused ({said}); expected a key with the scopes project, featurestore, dataset, job, kafka and "
            "modelregistry in HOPSWORKS_API_KEY"
        )
    if status >= SERVER_FAULTS or status in PASSING:
        return StoreAway(f"{what} failed: the server answered {said}; it is tried again, and a backfill repairs it later")
    return OtherContract(f"{what} was refused by the server ({said})")


def _words_of(response: object) -> str:
    """The server's own words, if there are any."""
    try:
        told = response.json()  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        return str(getattr(response, "reason", "") or "")
    return str(told.get("usrMsg") or told.get("errorMsg") or "") if isinstance(told, dict) else ""


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in found:
        found.append(one)
        one = one.__cause__ or one.__context__
    return found


def _brief(error: Exception) -> str:
    told = " ".join(f"{type(error).__name__}: {error}".split())
    return told if len(told) <= SHOWN_LETTERS else f"{told[:SHOWN_LETTERS]} ..."
