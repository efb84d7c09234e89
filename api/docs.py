"""The documentation page at /docs: written from the OpenAPI schema, in one file, asking no other host for anything."""

from html import escape
from json import dumps
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, Router
from litestar.openapi.plugins import OpenAPIRenderPlugin

from api.flags import MEANINGS
from api.problems import KINDS, Problem

TITLE: Final = "Electricity consumption forecasts of Denmark"
DESCRIPTION: Final = (
    "Hour-by-hour forecasts of Danish electricity consumption with quantiles, what was measured, and how wrong each forecast "
    "was. Windows are half-open [start, end); times are ISO-8601 in UTC with Z; energies are MWh per hour. Answers come as "
    "JSON, CSV, Parquet or an Arrow stream, by Accept or format=. Every answer names the snapshot it was read from and carries "
    "an ETag: send it back as If-None-Match and get 304 until something new is published. A page of a long range names the "
    "next one. Errors are RFC 9457 problem details. Numbers labelled SIMULATED are simulated."
)
PAGE_HEADERS: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"}

_OF_ONE_WAREHOUSE: Final = {"model_version"}
"""Parts of a path whose example is not there everywhere, so that it is shown without a link."""

_STYLE: Final = """
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.6rem}h2{margin-top:2.5rem;border-top:1px solid #8886;padding-top:1rem;font-size:1.15rem}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}pre{background:#8882;padding:.8rem;border-radius:.4rem;overflow:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8883}
.verb{background:#2563a8;color:#fff;border-radius:.3rem;padding:.1rem .5rem;font-size:.8rem}.links{padding-left:1.1rem}
.label{background:#b45309;color:#fff;border-radius:.3rem;padding:.1rem .5rem}a{color:#2f78c4}
"""


def page(title: str, body: str) -> str:
    """A whole HTML page around a body that is already escaped."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main>{body}</main></body></html>"
    )


def docs_router() -> Router:
    """The router under /docs; a page it does not have is a problem, like any other route."""
    return Router(
        "/docs",
        route_handlers=[],
        include_in_schema=False,
        after_request=_refuse_unknown_page,
        response_headers=PAGE_HEADERS,
    )


def _refuse_unknown_page(response: Response[Any]) -> Response[Any]:
    if response.status_code == 404:
        raise Problem("unknown-route", detail="/docs has no such page; it has /docs and /docs/openapi.json")
    return response


class LocalDocumentation(OpenAPIRenderPlugin):
    """Renders the schema as one HTML page."""

    def __init__(self, *, simulated: bool) -> None:
        super().__init__(path="/", favicon="", style="")
        self._simulated = simulated

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002 - the plugin's signature
        """The page of a schema."""
        label = "<p><strong class=label>SIMULATED</strong> This server's source is simulated.</p>" if self._simulated else ""
        operations = [
            (path, method, operation)
            for path, item in openapi_schema["paths"].items()
            for method, operation in item.items()
            if method == "get"
        ]
        contents = "".join(
            f'<li><a href="#{op["operationId"]}"><code>{path}</code></a> {escape(op["summary"])}</li>' for path, _, op in operations
        )
        body = (
            f"<h1>{escape(openapi_schema['info']['title'])}</h1>{label}<p>{escape(openapi_schema['info']['description'])}</p>"
            f'<p>Version {escape(openapi_schema["info"]["version"])}. <a href="/docs/openapi.json">OpenAPI schema</a></p>'
            f"<ul class=links>{contents}</ul>{''.join(_operation(*operation) for operation in operations)}{_flags()}{_problems()}"
        )
        return page(TITLE, body).encode()


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    parameters = operation.get("parameters", [])
    rows = "".join(_parameter(parameter) for parameter in parameters)
    table = f"<table><tr><th>parameter</th><th>default</th><th>meaning</th><th>example</th></tr>{rows}</table>" if rows else ""
    required = {entry["name"]: _example(entry) for entry in parameters if entry.get("required") and entry["in"] == "query"}
    parts = {entry["name"]: _example(entry) for entry in parameters if entry["in"] == "path"}
    place = path.format(**parts)
    href = escape(f"{place}?{urlencode(required)}" if required else place)
    link = f"<code>{href}</code>" if _OF_ONE_WAREHOUSE & parts.keys() else f'<a href="{href}"><code>{href}</code></a>'
    body = escape(_answer(operation["responses"]["200"]["content"]))
    return (
        f'<section><h2 id="{operation["operationId"]}"><span class=verb>{method.upper()}</span> <code>{path}</code></h2>'
        f"<p><strong>{escape(operation['summary'])}</strong>. {escape(operation['description'])}</p>{table}"
        f"<p>Try {link}</p><details><summary>Example answer</summary>"
        f"<pre>{body}</pre></details></section>"
    )


def _answer(content: dict[str, Any]) -> str:
    media = content.get("application/json") or next(iter(content.values()))
    examples = list(media.get("examples", {}).values())
    value = examples[0]["value"] if examples else "text"
    return value if isinstance(value, str) else dumps(value, indent=2)


def _parameter(parameter: dict[str, Any]) -> str:
    default = "required" if parameter.get("required") else parameter["schema"].get("default", "")
    cells = (
        f"<code>{escape(parameter['name'])}</code>",
        escape(str(default)),
        escape(parameter["description"]),
        escape(_example(parameter)),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _example(parameter: dict[str, Any]) -> str:
    examples = parameter.get("examples", {})
    return str(next(iter(examples.values()))["value"]) if examples else ""


def _flags() -> str:
    rows = "".join(
        f'<tr id="quality-{flag}"><td><code>{flag}</code></td><td>{escape(meaning)}</td></tr>' for flag, meaning in MEANINGS.items()
    )
    return f"<section><h2>Quality of an hour</h2><table><tr><th>quality</th><th>meaning</th></tr>{rows}</table></section>"


def _problems() -> str:
    rows = "".join(
        f'<tr id="{kind}"><td><code>/docs#{kind}</code></td><td>{status}</td><td>{escape(title)}</td></tr>'
        for kind, (status, title) in KINDS.items()
    )
    return f"<section><h2>Problems</h2><table><tr><th>type</th><th>status</th><th>title</th></tr>{rows}</table></section>"
