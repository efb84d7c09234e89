"""What the OpenAPI document says of every route alike: formats, headers, keys, and the problems of the door."""

from dataclasses import replace
from typing import Final

from litestar.openapi.spec import (
    Components,
    Example,
    OpenAPI,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    Reference,
    Schema,
    SecurityScheme,
)
from litestar.openapi.spec.enums import OpenAPIFormat

from api.front.door import EVENTS, METRICS, ROWS
from api.front.negotiation import MEDIA_TYPES
from api.problems import KINDS, MEDIA_TYPE

KEYS: Final = Components(
    security_schemes={
        "bearer": SecurityScheme(type="http", scheme="bearer", description="A key of `energy keys create`"),
        "api_key": SecurityScheme(
            type="apiKey", name="X-API-Key", security_scheme_in="header", description="The same key in a header of its own"
        ),
    }
)

_BY_KEY: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"api_key": []}]
_EVERYWHERE: Final = (401, 413, 414, 429, 500)
_OF_ROWS: Final = (403, 406, 503)


def complete(document: OpenAPI, *, keys_required: bool) -> None:
    """Add to a document that Litestar made from the routes what holds for all of them."""
    for path, item in (document.paths or {}).items():
        operation = item.get
        if operation is None or operation.responses is None:
            continue
        rows = path.startswith(ROWS)
        operation.responses["400"] = _problem(400)  # litestar would tell a shape of its own
        statuses = [*_EVERYWHERE, *(_OF_ROWS if rows else (403,) if path == METRICS else ())]
        for status in statuses:
            operation.responses.setdefault(str(status), _problem(status))
        for parameter in operation.parameters or []:
            _tell_one_type(parameter)
        operation.responses = dict(sorted(operation.responses.items()))
        if rows or path == METRICS:
            operation.security = _BY_KEY if keys_required else [{}, *_BY_KEY]
        if rows and path != EVENTS:
            _tell_formats(operation)


def _tell_one_type(parameter: Parameter | Reference) -> None:
    """A parameter that may be left out is not one that may be null; and a number is told as one, though it is read as text."""
    if not isinstance(parameter, Parameter) or not isinstance(parameter.schema, Schema):
        return
    schema = parameter.schema
    if schema.one_of:
        schema.type, schema.one_of = schema.type or OpenAPIType.STRING, None
    if schema.type == "integer":
        schema.default = None if schema.default is None else int(schema.default)
        schema.examples = [int(example) for example in schema.examples or []]
        for example in (parameter.examples or {}).values():
            if isinstance(example, Example) and example.value is not None:
                example.value = int(example.value)


def _problem(status: int) -> OpenAPIResponse:
    kinds = [kind for kind, (of, _) in KINDS.items() if of == status]
    media = OpenAPIMediaType(schema=Reference(ref="#/components/schemas/ProblemDetails"))
    return OpenAPIResponse(description=f"Problem details: {', '.join(kinds)}", content={MEDIA_TYPE: media})


def _tell_formats(operation: Operation) -> None:
    assert operation.responses is not None  # noqa: S101 - looked at before
    answer = operation.responses["200"]
    if isinstance(answer, Reference) or answer.content is None:
        return
    text, binary = Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
    flat = {media_type: OpenAPIMediaType(schema=text if name == "csv" else binary) for name, media_type in MEDIA_TYPES.items()}
    headers = {
        "ETag": _header("Names the snapshot and the format; send it back as If-None-Match", required=True),
        "Snapshot-Id": _header("The snapshot that the rows were read from", required=True),
        "Snapshot-As-Of": _header("The platform's clock when it was published", required=True),
        "Data-Label": _header("SIMULATED where the numbers are simulated; show it with them"),
        "Link": _header('Address of the next page, rel="next", where there is one'),
        "X-Request-ID": _header("Identity of the request, in the access log too; a caller may choose it", required=True),
    }
    operation.responses["200"] = replace(answer, content={**flat, **answer.content}, headers=headers)


def _header(description: str, *, required: bool = False) -> OpenAPIHeader | Reference:
    text = Schema(type=OpenAPIType.STRING)
    return OpenAPIHeader(schema=text, description=description, required=required, name="", param_in="header")
