"""Placeholders against the sample: which values are missing in it, and which are never used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from amsdal_mail.cli.templates.engine import Placeholder

__all__ = ["missing", "sample_for", "unprintable", "unused"]

ELEMENT = "*"
ADDRESS = re.compile(r"url|link|href", re.IGNORECASE)
"""The names of values that are likely the address of a page."""
MISSING = object()
Path = tuple[str, ...]


def missing(placeholders: Iterable[Placeholder], sample: Mapping[str, Any]) -> list[str]:
    """Return the placeholders without a value in the sample. Null is no value for SES."""
    return sorted(
        {
            str(place)
            for place in placeholders
            if any(value is MISSING or value is None for value in _values(sample, place.path))
        }
    )


def unprintable(placeholders: Iterable[Placeholder], sample: Mapping[str, Any]) -> list[str]:
    """Return the placeholders that would print an object, as `[object Object]`."""
    return sorted(
        {
            str(place)
            for place in placeholders
            if place.kind == "value"
            and any(isinstance(value, dict) for value in _values(sample, place.path))
        }
    )


def unused(placeholders: Iterable[Placeholder], sample: Mapping[str, Any]) -> list[str]:
    """Return the values of the sample that no placeholder takes."""
    places = list(placeholders)
    exact = {_plain(place.path) for place in places}
    looked_into = [_plain(place.path) for place in places if place.kind == "lookup"]
    leaves = dict.fromkeys(_leaves(sample))
    return [
        ".".join(leaf)
        for leaf in leaves
        if _plain(leaf) not in exact
        and not any(_plain(leaf)[: len(path)] == path for path in looked_into)
    ]


def sample_for(placeholders: Iterable[Placeholder]) -> dict[str, Any]:
    """Return data in which each placeholder has its own name as its value, or an address."""
    sample = _sample_value([place.path for place in placeholders], "")
    return sample if isinstance(sample, dict) else {}


def _values(value: Any, path: Path) -> Iterator[Any]:
    """Return the values at a path; MISSING where there is none.

    An empty list says nothing about its elements.
    """
    if not path:
        yield value
        return
    first, rest = path[0], path[1:]
    if first == ELEMENT:
        if isinstance(value, dict | list):
            for item in value.values() if isinstance(value, dict) else value:
                yield from _values(item, rest)
        else:
            yield MISSING
    elif isinstance(value, dict):
        yield from _values(value[first], rest) if first in value else (MISSING,)
    elif isinstance(value, list) and first.isdecimal() and len(first) < 10:
        index = int(first)
        yield from _values(value[index], rest) if index < len(value) else (MISSING,)
    elif isinstance(value, list | str) and first == "length":
        yield len(value)
    elif isinstance(value, list):  # the block of a list by its name: {{#items}}
        for item in value:
            yield from _values(item, path)
    else:
        yield MISSING


def _leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list) and value:
        for item in value:
            yield from _leaves(item, (*path, ELEMENT))
    elif path:
        yield path


def _plain(path: Path) -> Path:
    """Return a path without the elements of lists: a list may be read by its name or an index."""
    return tuple(key for key in path if key != ELEMENT and not key.isdecimal())


def _sample_value(paths: Sequence[Path], name: str) -> Any:
    """Return a value for the ends of the paths to it. `name` is the key that it has."""
    longer = [path for path in paths if path]
    if not longer:
        return f"https://example.com/{name}" if ADDRESS.search(name) else name
    keys = dict.fromkeys(path[0] for path in longer)
    if ELEMENT in keys:
        return [_sample_value([path[1:] for path in longer if path[0] == ELEMENT], name)]
    return {
        key: _sample_value([path[1:] for path in longer if path[0] == key], key) for key in keys
    }
