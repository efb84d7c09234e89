"""In which language and which light a page speaks: said once for whatever is made within, not passed through every function."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Literal

from ui.danish.words import DANISH

Language = Literal["en", "da"]
Light = Literal["light", "dark"]

LANGUAGES: Final[dict[Language, str]] = {"en": "English", "da": "Dansk"}
"""What each language calls itself."""


@dataclass(frozen=True)
class Manner:
    """A language and a light."""

    language: Language = "en"
    light: Light = "light"


_MANNER: ContextVar[Manner] = ContextVar("manner", default=Manner())  # noqa: B039 - frozen


def manner() -> Manner:
    """The one that is spoken in now."""
    return _MANNER.get()


@contextmanager
def speaking(chosen: Manner) -> Iterator[None]:
    """Whatever is made within is made in this manner."""
    token = _MANNER.set(chosen)
    try:
        yield
    finally:
        _MANNER.reset(token)


def say(english: str, **values: object) -> str:
    """A text in the language that is spoken, its places filled.

    Args:
        english: the text, which is also its name; `ui/danish` has it in Danish.
        values: what stands in its places.

    >>> with speaking(Manner("da")):
    ...     say("last {days} days", days=7)
    'seneste 7 dage'
    """
    text = DANISH.get(english, english) if manner().language == "da" else english
    return text.format(**values) if values else text
