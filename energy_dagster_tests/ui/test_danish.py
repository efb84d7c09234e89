import ast
import re
from pathlib import Path

import ui
from ui.danish.words import DANISH

SOURCES = sorted(Path(next(iter(ui.__path__))).rglob("*.py"))
PLACE = re.compile(r"\{(\w+)")


def _said() -> dict[str, str]:
    """Every text that is given to `say`, and the module that says it."""
    found = {}
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                first = node.args[0]
                assert isinstance(first, ast.Constant), f"{source.name}:{node.lineno}: expected a text itself, so that it is found"
                found[str(first.value)] = source.name
    return found


def test_every_text_of_the_pages_is_there_in_danish() -> None:
    assert {english: module for english, module in _said().items() if english not in DANISH} == {}


def test_no_danish_text_is_left_over() -> None:
    assert sorted(DANISH.keys() - _said().keys()) == []


def test_the_places_of_a_text_are_the_same_in_both_languages() -> None:
    assert [english for english, danish in DANISH.items() if sorted(PLACE.findall(english)) != sorted(PLACE.findall(danish))] == []


def test_nothing_is_left_in_english() -> None:
    same = {english for english, danish in DANISH.items() if english == danish}
    assert same <= {"Model", "Status", "P50", "Bias", "MWh", "GWh", "h", "MAE", "WAPE"}
