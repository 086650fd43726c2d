"""Collections that cannot be changed once their message was checked."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

__all__ = ["FrozenDict", "FrozenList", "freeze"]

K = TypeVar("K")
V = TypeVar("V")


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise TypeError("the message is frozen: make a changed copy with message.replace(...)")


class FrozenDict(dict[K, V]):
    """A dict that refuses every change. Equal to a plain dict; JSON, pickle and copy work."""

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[FrozenDict[K, V]], tuple[dict[K, V]]]:
        return type(self), (dict(self),)


class FrozenList(list[V]):
    """A list that refuses every change. Equal to a plain list; JSON, pickle and copy work."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def __reduce__(self) -> tuple[type[FrozenList[V]], tuple[list[V]]]:
        return type(self), (list(self),)


def freeze(value: Any) -> Any:
    """Return a JSON value whose dicts and lists are frozen, at every depth."""
    if isinstance(value, dict) and type(value) is not FrozenDict:
        return FrozenDict({name: freeze(inner) for name, inner in value.items()})
    if isinstance(value, list) and type(value) is not FrozenList:
        return FrozenList(map(freeze, value))
    return value
