"""Every command and every piece of Python of the guides is run, against a server over the sample warehouse."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from energy_dagster.access_keys import KeyBook
from energy_dagster_tests.client.servers import ApiServer, serving
from energy_dagster_tests.warehouse_fixture import NOW, sample_frames, write_snapshot

PROJECT = Path(__file__).parents[2]
GUIDES = (PROJECT / "docs/guides/reading-the-api.md", PROJECT / "client/README.md")
ADDRESS = "http://127.0.0.1:8000"
EXPECTED = {
    "If-None-Match": "304\n",
    "-o answer.json": "304\n",
    "/day-ahead/tomorrow": "2026-06-17T22:00:00Z",
    'delivery_day="tomorrow"': "2026-06-18 00:00:00+02:00",
    "by=lead_bucket": "weekly_naive",
    'by="lead_bucket"': "weekly_naive",
    "/v1/provenance": "predictions",
    "client.provenance": "predictions",
    "consumption.csv": "2026-05-31",
    "settlement.csv": "DK1,total,2026-05-31",
    "all-pages.csv": "DK1,total,2026-06-17T",
    "/v1/events": "event: snapshot",
    "/health/ready": '"status":"ready"',
}
"""What a piece that asks for the one must show of the other, in a file or on the screen."""

_FENCE = re.compile(r"^```(sh|python)( problem)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One piece of a guide; `refused` says that it shows a problem."""

    place: str
    language: str
    refused: bool
    text: str


def _blocks() -> Iterator[Block]:
    for guide in GUIDES:
        text = guide.read_text(encoding="utf-8")
        for found in _FENCE.finditer(text):
            line = text[: found.start()].count("\n") + 1
            yield Block(f"{guide.name}:{line}", found[1], found[2] is not None, found[3])


BLOCKS = list(_blocks())


@pytest.fixture(scope="module")
def guided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ApiServer, str]]:
    """A server as a newcomer has it, and a key of it."""
    data = tmp_path_factory.mktemp("guided")
    write_snapshot(data / "warehouse", sample_frames(NOW), as_of=NOW)
    _, key = KeyBook(data / "api-keys.json").create("planner", scope="read", now=datetime.now(UTC))
    with serving(data) as running:
        yield running, key


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.place}-{block.language}")
def test_what_the_guides_show_can_be_done(guided: tuple[ApiServer, str], tmp_path: Path, block: Block) -> None:
    server, key = guided
    text = block.text.replace(ADDRESS, server.address)
    command = ["bash", "-euo", "pipefail", "-c", text] if block.language == "sh" else [sys.executable, "-c", text]
    environment = {**os.environ, "ENERGY_KEY": key, "PYTHONPATH": str(PROJECT / "client")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    shown = done.stdout + "".join(path.read_text(encoding="utf-8") for path in sorted(tmp_path.iterdir()))
    assert done.stdout.strip()
    assert done.stderr == ""
    assert ("/docs#" in shown) is block.refused, shown
    assert "Empty DataFrame" not in shown
    assert " nan" not in shown.lower()
    for asked, answered in EXPECTED.items():
        assert asked not in text or answered in shown


def test_no_command_of_the_guides_is_left_out() -> None:
    for guide in GUIDES:
        text = guide.read_text(encoding="utf-8")
        here = [block for block in BLOCKS if block.place.startswith(f"{guide.name}:")]
        assert text.count("curl -") == sum(block.text.count("curl -") for block in here)
        assert text.count("import EnergyClient") == sum(block.text.count("import EnergyClient") for block in here)


def test_the_five_questions_are_answered_three_ways_each() -> None:
    examples = GUIDES[0].read_text(encoding="utf-8").partition("\n## Examples\n")[2]
    questions = examples.split("\n### ")[1:]
    assert len(questions) == 5
    for question in questions:
        assert [question.count(f"\n```{language}\n") for language in ("sh", "python", "m")] == [1, 1, 1], question.splitlines()[0]


def test_power_query_asks_for_what_curl_asks_for() -> None:
    examples = GUIDES[0].read_text(encoding="utf-8").partition("\n## Examples\n")[2]
    asked = set(re.findall(r'"(v1/[a-z/-]+)"', "".join(re.findall(r"^```m\n(.*?)^```$", examples, re.MULTILINE | re.DOTALL))))
    curled = "".join(block.text for block in BLOCKS if block.language == "sh")
    assert len(asked) >= 5
    assert [path for path in asked if path not in curled] == []
