"""Rows as CSV: one way of writing a value, for whoever gives the store's rows away."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import msgspec

_LINE_END: Final = "\r\n"


def csv_header(names: Iterable[str]) -> str:
    """The line of the names."""
    return ",".join(names) + _LINE_END


def csv_lines(columns: Mapping[str, list[Any]], *, texts: Collection[str]) -> str:
    r"""The lines of columns of equal length; those among `texts` hold text, the others numbers, times, days or truths.

    >>> csv_lines({"area": ["DK1", "a,b"], "q50": [1.5, None]}, texts=["area"])
    'DK1,1.5\r\n"a,b",\r\n'
    """
    written = [_texts(values) if name in texts else _values(values) for name, values in columns.items()]
    return "".join(",".join(line) + _LINE_END for line in zip(*written, strict=True))


def _texts(values: list[str | None]) -> list[str]:
    told_once = {value: "" if value is None else _quoted(value) for value in set(values)}
    return [told_once[value] for value in values]


def _values(values: list[Any]) -> list[str]:
    """As JSON writes them, so that no digit differs, and nothing for null."""
    if not values:
        return []
    told = msgspec.json.encode(values)[1:-1].decode().replace('"', "")
    return ["" if text == "null" else text for text in told.split(",")]


def _quoted(text: str) -> str:
    """A text as RFC 4180 wants it: in quotes where it holds what would end the field."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text
