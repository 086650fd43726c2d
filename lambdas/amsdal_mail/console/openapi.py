"""Reads the OpenAPI document of the service for a page: operations, fields, an example body."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amsdal_mail.console.values import Json

__all__ = ["Operation", "Parameter", "address", "operations"]

METHODS = ("get", "post", "put", "patch", "delete")
DEPTH = 4
"""Levels of an example body."""
EXAMPLES = {
    "EmailRequest": {
        "subject": "Hello",
        "body": "It works.",
        "from_email": "orders@example.com",
        "to": ["success@simulator.amazonses.com"],
    }
}
"""Example bodies by schema, where one made of all fields would be too long."""
PLACES = frozenset({"path", "query"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A field of the path or of the query."""

    name: str
    place: str
    is_required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A route of the API with everything that its form needs."""

    method: str
    path: str
    title: str
    text: str
    tag: str
    parameters: tuple[Parameter, ...]
    example: str | None
    responses: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """Return the name of the operation on the page."""
        return f"{self.method} {self.path}"

    @property
    def only_reads(self) -> bool:
        """Return whether the operation changes nothing."""
        return self.method == "GET"


def operations(document: Json) -> list[Operation]:
    """Return all operations in their order. What the document leaves out is empty."""
    return [
        _operation(document, method.upper(), path, entry)
        for path, methods in document.get("paths", {}).items()
        for method, entry in methods.items()
        if method in METHODS
    ]


def address(operation: Operation, values: Mapping[str, str]) -> str:
    """Return the path of a call with its parameters in place. Raises ValueError with the field."""
    path, query = operation.path, {}
    for parameter in operation.parameters:
        value = values.get(f"{parameter.place}.{parameter.name}", "").strip()
        if not value and parameter.is_required:
            raise ValueError(f"{parameter.name}: must not be empty.")
        if parameter.place == "path":
            path = path.replace(f"{{{parameter.name}}}", quote(value, safe=""))
        elif value:
            query[parameter.name] = value
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path


def _operation(document: Json, method: str, path: str, entry: Json) -> Operation:
    parameters = tuple(
        Parameter(
            row["name"], row["in"], bool(row.get("required")) or row["in"] == "path",
            row.get("description", ""),
        )
        for row in entry.get("parameters", ())
        if row.get("in") in PLACES
    )  # fmt: skip
    named = {parameter.name for parameter in parameters}
    missing = tuple(
        Parameter(name, "path", is_required=True, text="")
        for name in _path_names(path)
        if name not in named
    )
    responses = tuple(
        (status, row.get("description", "")) for status, row in entry.get("responses", {}).items()
    )
    tags = entry.get("tags") or ["other"]
    return Operation(
        method, path, entry.get("summary", ""), entry.get("description", ""), tags[0],
        missing + parameters, _example(document, entry.get("requestBody")), responses,
    )  # fmt: skip


def _path_names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part[:1] == "{" and part[-1:] == "}"]


def _example(document: Json, body: Json | None) -> str | None:
    if not body:
        return None
    schema = body.get("content", {}).get("application/json", {}).get("schema", {})
    return json.dumps(_value(document, schema, DEPTH), indent=2, ensure_ascii=False)


def _value(document: Json, schema: Json, depth: int) -> Any:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name:
        if name in EXAMPLES:
            return EXAMPLES[name]
        schema = document.get("components", {}).get("schemas", {}).get(name, {})
    for fixed in ("example", "default", "const"):
        if schema.get(fixed) is not None:
            return schema[fixed]
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return _value(document, choices[0], depth)
    kind = schema.get("type")
    if kind == "object" and depth:
        required = set(schema.get("required", ()))
        fields = schema.get("properties", {}).items()
        return {key: _value(document, entry, depth - 1) for key, entry in fields if key in required}
    if kind == "array" and depth:
        return [_value(document, schema.get("items", {}), depth - 1)]
    if schema.get("format") == "date-time":
        return "2026-12-24T09:00:00Z"
    return {"string": "", "integer": 0, "number": 0, "boolean": False, "object": {}}.get(str(kind))
