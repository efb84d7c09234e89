import pytest

from api.front.negotiation import chosen_encoding, chosen_format
from api.problems import Problem


@pytest.mark.parametrize(
    ("query", "accept", "chosen"),
    [
        ("", "", "json"),
        ("", "*/*", "json"),
        ("", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json"),
        ("", "text/csv", "csv"),
        ("", "application/json;q=0.5, text/csv", "csv"),
        ("", "application/vnd.apache.parquet", "parquet"),
        ("", "application/vnd.apache.arrow.stream", "arrow"),
        ("", "application/problem+json", "json"),
        ("area=DK1&format=csv", "application/json", "csv"),
        ("area=format", "", "json"),
    ],
)
def test_the_query_goes_before_accept_and_json_is_the_default(query: str, accept: str, chosen: str) -> None:
    assert chosen_format(query, accept) == chosen


@pytest.mark.parametrize("query", ["format=xml", "format=", "format=json&format=csv"])
def test_a_format_there_is_not_lists_those_there_are(query: str) -> None:
    with pytest.raises(Problem) as problem:
        chosen_format(query, "")
    assert (problem.value.kind, problem.value.expected) == ("invalid-value", "one of json, csv, parquet, arrow")


def test_a_caller_who_accepts_nothing_there_is_is_told_so() -> None:
    with pytest.raises(Problem) as problem:
        chosen_format("", "image/png")
    assert problem.value.kind == "not-acceptable"


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("br;q=0.9, gzip;q=0.8", "br"),
        ("zstd;q=0, br;q=0, gzip", "gzip"),
        ("*", "zstd"),
        ("identity", "identity"),
        ("identity;q=1, gzip;q=0.1", "identity"),
        ("deflate", "identity"),
        ("gzip;q=nonsense", "identity"),
        ("GZIP", "gzip"),
    ],
)
def test_the_encoding_is_the_one_the_caller_likes_best(accepted: str, chosen: str) -> None:
    assert chosen_encoding(accepted) == chosen
