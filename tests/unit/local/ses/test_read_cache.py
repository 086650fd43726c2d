"""Values of the local AWS are read again, and a busy local AWS holds up no send."""

from __future__ import annotations

import asyncio

import pytest

from local.ses.read_cache import ReadCache


class Source:
    """A source of values that can fail or take long, and a clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.value: str | None = "first"
        self.error: Exception | None = None
        self.reads = 0
        self.ready = asyncio.Event()
        self.ready.set()

    async def read(self, key: str) -> str | None:
        self.reads += 1
        await self.ready.wait()
        if self.error:
            raise self.error
        return None if self.value is None else f"{key}: {self.value}"


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def cache(source: Source) -> ReadCache[str | None]:
    return ReadCache(source.read, lambda: source.now, keep_seconds=2.0, patience=0.05)


async def test_a_value_is_read_again_when_it_is_old(
    source: Source, cache: ReadCache[str | None]
) -> None:
    assert await cache.get("b") == "b: first"
    assert await cache.get("a") == "a: first"
    source.value, source.now = "second", 1.9
    assert await cache.get("a") == "a: first"

    source.now = 2.0

    assert await cache.get("a") == "a: second"
    assert source.reads == 3


async def test_a_slow_read_lets_the_last_value_serve(
    source: Source, cache: ReadCache[str | None]
) -> None:
    await cache.get("a")
    source.ready.clear()
    source.now, source.value = 3.0, "second"

    values = await asyncio.gather(cache.get("a"), cache.get("a"))
    source.ready.set()
    await asyncio.sleep(0)

    assert set(values) == {"a: first"}
    assert source.reads == 2
    assert await cache.get("a") == "a: second"


async def test_the_first_read_is_waited_for(source: Source, cache: ReadCache[str | None]) -> None:
    source.ready.clear()
    asyncio.get_running_loop().call_later(0.1, source.ready.set)

    assert await cache.get("a") == "a: first"


async def test_an_error_is_raised_only_without_a_value(
    source: Source, cache: ReadCache[str | None]
) -> None:
    source.error = OSError("busy")
    with pytest.raises(OSError, match="busy"):
        await cache.get("a")

    source.error = None
    await cache.get("a")
    source.error, source.now = OSError("busy"), 5.0

    assert await cache.get("a") == "a: first"


async def test_none_is_not_kept(source: Source, cache: ReadCache[str | None]) -> None:
    source.value = None
    assert await cache.get("a") is None

    source.value = "first"

    assert await cache.get("a") == "a: first"
