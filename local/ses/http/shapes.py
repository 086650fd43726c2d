"""Checks requests by the SESv2 service model: types, required fields, lengths, patterns."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

from local.ses.errors import Refusal, bad_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import Shape

__all__ = ["check"]

NEWER_MAX_LENGTHS = {"MessageHeaderValue": 995}
"""Newer service models allow these lengths; the installed model may allow less."""
EMPTY_TEXTS = {"MessageHeaderName": "Empty header names are illegal."}
"""The error texts of SES for empty values, by shape."""
PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "timestamp": (str, int, float),
}


class _WrongTypeError(ValueError):
    """A JSON value whose type is not the type of the model."""


class _EmptyError(ValueError):
    """An empty text for which SES has its own error text."""


@cache
def service_model() -> ServiceModel:
    """Return the SESv2 model of the installed botocore."""
    return ServiceModel(Loader().load_service_model("sesv2", "service-2"), "sesv2")


def check(operation: str, body: dict[str, Any]) -> Refusal | None:
    """Return the error that the request validation of AWS gives for a body, None if it passes."""
    shape: Any = service_model().operation_model(operation).input_shape
    try:
        failures = list(_failures(shape, body, ""))
    except _WrongTypeError:
        return Refusal(400, "SerializationException", None)
    except _EmptyError as empty:
        return bad_request(str(empty))
    if not failures:
        return None
    count = "1 validation error" if len(failures) == 1 else f"{len(failures)} validation errors"
    return bad_request(f"{count} detected: {'; '.join(failures)}")


def _failures(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if not _has_type(kind, value):
        raise _WrongTypeError(path)
    if kind == "structure":
        yield from _structure(shape, value, path)
    elif kind == "list":
        yield from _length(shape, len(value), f"Value at '{path}'")
        for index, item in enumerate(value, 1):
            yield from _failures(shape.member, item, f"{path}.{index}.member")
    elif kind == "string":
        yield from _text(shape, value, path)


def _has_type(kind: str, value: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, PYTHON_TYPES[kind])


def _structure(shape: Any, value: dict[str, Any], path: str) -> Iterator[str]:
    for name, member in shape.members.items():
        inner = f"{path}.{_camel(name)}" if path else _camel(name)
        if value.get(name) is not None:
            yield from _failures(member, value[name], inner)
        elif name in shape.required_members and member.serialization.get("location") is None:
            yield f"Value at '{inner}' failed to satisfy constraint: Member must not be null"


def _text(shape: Any, value: str, path: str) -> Iterator[str]:
    if not value and shape.name in EMPTY_TEXTS:
        raise _EmptyError(EMPTY_TEXTS[shape.name])
    at = f"Value '{value}' at '{path}'"
    yield from _length(shape, len(value), at)
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        yield (
            f"{at} failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {pattern}"
        )
    if shape.enum and value not in shape.enum:
        names = ", ".join(shape.enum)
        yield f"{at} failed to satisfy constraint: Member must satisfy enum value set: [{names}]"


def _length(shape: Shape, length: int, at: str) -> Iterator[str]:
    longest = NEWER_MAX_LENGTHS.get(shape.name, shape.metadata.get("max"))
    shortest = shape.metadata.get("min", 0)
    rule = "failed to satisfy constraint: Member must have length"
    if longest is not None and length > longest:
        yield f"{at} {rule} less than or equal to {longest}"
    if length < shortest:
        yield f"{at} {rule} greater than or equal to {shortest}"


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]
