import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api import examples, schemas
from api.flags import MEANINGS
from energy_dagster.domain.tables import QUALITIES
from energy_dagster_tests.api.conftest import Client

GUIDE = Path(__file__).parents[2] / "docs/guides/reading-the-api.md"


class References(HTMLParser):
    """Collects what a page points to, and the elements that would load something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.ids: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.links += [str(values["href"])] if "href" in values else []
        self.ids += [str(values["id"])] if "id" in values else []
        if tag in ("script", "link", "img", "iframe", "object", "embed", "base") or "src" in values:
            self.loaded.append(tag)


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_ask_no_other_host_for_anything(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.headers["Content-Type"].startswith("text/html")
    assert "//" not in response.text
    assert "@import" not in response.text
    assert "url(" not in response.text
    assert References(response.text).loaded == []


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_browsers_are_told_to_load_nothing(client: Client, path: str) -> None:
    assert client.get(path).headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_every_link_of_a_page_answers(client: Client, path: str) -> None:
    references = References(client.get(path).text)
    for link in references.links:
        if link.startswith("#"):
            assert link[1:] in references.ids
        else:
            assert client.get(link).status_code == 200, link


def test_the_landing_page_labels_simulated_numbers_and_links_the_documentation(client: Client) -> None:
    page = client.get("/").text
    assert "SIMULATED" in page
    assert "/docs" in References(page).links


def test_the_landing_page_says_when_nothing_is_published(empty_client: Client) -> None:
    response = empty_client.get("/")
    assert response.status_code == 200
    assert "Nothing is published yet" in response.text


def _operations(client: Client) -> list[tuple[str, dict[str, Any]]]:
    paths = client.get("/docs/openapi.json").json()["paths"]
    return [(path, operation) for path, item in paths.items() for operation in item.values()]


def test_every_route_is_documented_with_an_example(client: Client) -> None:
    operations = _operations(client)
    assert len(operations) == len({operation["operationId"] for _, operation in operations}) == 17
    for path, operation in operations:
        assert operation["summary"], path
        assert operation["description"], path
        assert operation["tags"], path
        answers = operation["responses"]["200"]["content"]
        assert path == "/metrics" or any(media.get("examples") for media in answers.values()), path
        assert all(parameter["description"] and parameter["examples"] for parameter in operation.get("parameters", [])), path


def test_the_page_names_every_route_and_parameter(client: Client) -> None:
    page = client.get("/docs").text
    for path, operation in _operations(client):
        assert f'id="{operation["operationId"]}"' in page
        assert f"<code>{path}</code>" in page
        assert all(f"<code>{parameter['name']}</code>" in page for parameter in operation.get("parameters", []))


def test_the_schema_points_to_no_other_host(client: Client) -> None:
    assert not re.search(r"https?://", client.get("/docs/openapi.json").text)


@pytest.mark.parametrize(
    ("example", "kind"),
    [
        (examples.SERIES, schemas.SeriesAnswer),
        (examples.FORECASTS, schemas.ForecastsAnswer),
        (examples.ACTUALS, schemas.ActualsAnswer),
        (examples.REVISIONS, schemas.RevisionsAnswer),
        (examples.ERRORS, schemas.ErrorsAnswer),
        (examples.DAY_AHEAD, schemas.ForecastsAnswer),
        (examples.ISSUES, schemas.IssuesAnswer),
        (examples.PROVENANCE, schemas.ProvenanceAnswer),
        (examples.SCORECARD, schemas.ScorecardAnswer),
        (examples.MODELS, schemas.ModelsAnswer),
        (examples.SNAPSHOT, schemas.SnapshotAnswer),
        (examples.LIVE, schemas.Health),
        (examples.READY, schemas.Health),
    ],
)
def test_the_examples_are_answers_the_routes_could_give(example: dict[str, Any], kind: type[msgspec.Struct]) -> None:
    assert msgspec.to_builtins(msgspec.convert(example, kind)) == example


def test_every_quality_flag_is_explained_on_the_page_and_in_the_schema(client: Client) -> None:
    assert tuple(MEANINGS) == QUALITIES
    page = client.get("/docs").text
    quality = client.get("/docs/openapi.json").json()["components"]["schemas"]["ActualRow"]["properties"]["quality"]
    assert quality["enum"] == list(QUALITIES)
    for flag, meaning in MEANINGS.items():
        assert f'id="quality-{flag}"' in page
        assert f"{flag}: {meaning}" in quality["description"]


def test_the_guide_names_every_route_and_quality_flag(client: Client) -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    assert [path for path, _ in _operations(client) if f"`{path}`" not in guide] == []
    assert [flag for flag in QUALITIES if f"| `{flag}` |" not in guide] == []
