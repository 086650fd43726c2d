from __future__ import annotations

import pytest

from amsdal_mail.cli.errors import CommandError, UsageError
from amsdal_mail.cli.templates.names import version_of
from amsdal_mail.cli.templates.push import push, rollback
from tests.unit.amsdal_mail.cli.templates.fakes import World, numbered

V1, V2, V3 = (version_of(numbered(number).content) for number in (1, 2, 3))


@pytest.fixture
def world(world: World) -> World:
    for number in (1, 2, 3):
        list(push([numbered(number)], world.templates))
    return world


def test_rollback_takes_the_version_before(world: World) -> None:
    change = rollback("hello", None, world.templates)

    assert (change.action, change.version, change.before) == ("rolled back", V2, V3)
    assert world.table.get("hello").version == V2
    assert rollback("hello", None, world.templates).version == V1


def test_rollback_to_a_version_may_go_forward_again(world: World) -> None:
    rollback("hello", V1, world.templates)
    rollback("hello", V3, world.templates)

    stored = world.table.get("hello")
    assert stored.version == V3
    assert [each.version for each in stored.versions] == [V3, V2, V1]


def test_rollback_to_the_present_version_changes_nothing(world: World) -> None:
    before = dict(world.dynamodb.items)

    assert rollback("hello", V3, world.templates).action == "unchanged"
    assert world.dynamodb.items == before


@pytest.mark.parametrize(
    ("name", "version", "text"),
    [
        ("gone", None, "no template gone"),
        ("hello", "00000000", "no version 00000000"),
        ("hello", "x" * 100_000, "no version"),
    ],
    ids=["template", "version", "long version"],
)
def test_unknown_target_is_wrong_usage(
    world: World, name: str, version: str | None, text: str
) -> None:
    with pytest.raises(UsageError, match=text):
        rollback(name, version, world.templates)


def test_first_version_has_none_before(world: World) -> None:
    rollback("hello", V1, world.templates)

    with pytest.raises(UsageError, match="no earlier version") as caught:
        rollback("hello", None, world.templates)

    assert V3 in caught.value.cure


def test_rollback_refuses_a_version_that_ses_lost(world: World) -> None:
    del world.ses.templates[f"hello--dev--{V2}"]

    with pytest.raises(CommandError, match="does not have"):
        rollback("hello", None, world.templates)

    assert world.table.get("hello").version == V3


def test_push_after_a_rollback_makes_its_version_the_newest(world: World) -> None:
    rollback("hello", V1, world.templates)
    (change,) = push([numbered(3)], world.templates)

    assert (change.action, change.before, change.version) == ("updated", V1, V3)
    assert world.table.get("hello").version == V3
