"""In which form an answer travels: the format of its rows, and how its bytes are compressed."""

from collections.abc import Sequence
from typing import Final, Literal, get_args
from urllib.parse import parse_qs

from litestar.datastructures.headers import Accept

from api.problems import Problem, refused

Format = Literal["json", "csv", "parquet", "arrow"]
Encoding = Literal["zstd", "br", "gzip", "identity"]

FORMATS: Final[tuple[Format, ...]] = get_args(Format)

MEDIA_TYPES: Final[dict[Format, str]] = {
    "json": "application/json",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}

_ENCODINGS: Final[tuple[Encoding, ...]] = ("zstd", "br", "gzip")
"""As the server prefers them where the caller does not mind."""

_MARKS: Final = 8
_JSON_PROBLEM: Final = "application/problem+json"


def chosen_format(query: str, accept: str) -> Format:
    """The format a request asks for: by `format=` in its query, else by `Accept`, else JSON.

    Raises:
        Problem: invalid-value for a format there is not; not-acceptable where `Accept` leaves none.
    """
    asked = parse_qs(query, keep_blank_values=True).get("format") if "format" in query else None
    if asked:
        for name in FORMATS:
            if asked == [name]:
                return name
        raise refused("invalid-value", "format", expected=f"one of {', '.join(FORMATS)}", found=", ".join(asked) or "nothing")
    if not accept or accept == "*/*":
        return "json"
    offered = [*MEDIA_TYPES.values(), _JSON_PROBLEM]
    best = Accept(accept).best_match(offered)
    if best is None:
        expected = ", ".join(MEDIA_TYPES.values())
        raise Problem(
            "not-acceptable", detail=f"Accept: expected one of {expected}, found {accept}", expected=expected, found=accept
        )
    return next((name for name, media_type in MEDIA_TYPES.items() if media_type == best), "json")


def chosen_encoding(accept_encoding: str) -> Encoding:
    """The compression that the caller likes best of those there are; zstd before br before gzip where it likes them alike.

    >>> chosen_encoding("gzip, deflate, br"), chosen_encoding("gzip;q=1, br;q=0.5"), chosen_encoding("")
    ('br', 'gzip', 'identity')
    """
    if not accept_encoding:
        return "identity"
    liked = dict(_liking(part) for part in accept_encoding.lower().split(",")[:_MARKS])
    best, weight = "identity", 0.0
    for name in _ENCODINGS:
        likes = liked.get(name, liked.get("*", 0.0))
        if likes > weight:
            best, weight = name, likes
    return best if liked.get("identity", 0.0) <= weight else "identity"  # type: ignore[return-value]  # names of _ENCODINGS


def _liking(part: str) -> tuple[str, float]:
    name, *marks = (piece.strip() for piece in part.split(";"))
    return name, _weight(marks)


def _weight(marks: Sequence[str]) -> float:
    for mark in marks:
        if mark.startswith("q="):
            try:
                return min(max(float(mark[2:]), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
