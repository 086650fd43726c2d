from __future__ import annotations

from datetime import UTC, datetime

import pytest

from amsdal_mail.cli.errors import CommandError
from amsdal_mail.cli.templates.errors import VersionConflictError
from amsdal_mail.cli.templates.names import version_of
from amsdal_mail.cli.templates.push import push, rollback
from tests.unit.amsdal_mail.cli.templates.fakes import HELLO, World, numbered, template

NOW = datetime(2026, 2, 27, 10, 15, 31, tzinfo=UTC)
HELLO_VERSION = version_of(HELLO)


def pushed(world: World, *templates: object, **options: object) -> list[tuple[str, str]]:
    made = push(templates, world.templates, now=lambda: NOW, **options)  # type: ignore[arg-type]
    return [(change.name, change.action) for change in made]


def current(world: World, name: str = "hello") -> str:
    return world.table.get(name).version


def test_first_push_makes_the_version_and_points_to_it(world: World) -> None:
    assert pushed(world, template()) == [("hello", "created")]

    stored = world.table.get("hello")
    assert stored.version == HELLO_VERSION
    assert stored.current is not None
    assert stored.current.ses_name == f"hello--dev--{HELLO_VERSION}"
    assert stored.current.pushed_at == "2026-02-27T10:15:31+00:00"
    assert world.ses.templates == {f"hello--dev--{HELLO_VERSION}": HELLO.to_ses()}


def test_version_is_in_ses_before_the_stage_points_to_it(world: World) -> None:
    seen: list[int] = []
    world.dynamodb.before_put = lambda: seen.append(len(world.ses.templates))

    pushed(world, template())

    assert seen == [1]


def test_stage_waits_until_ses_shows_the_version(world: World) -> None:
    world.ses.hidden = 3
    seen: list[int] = []
    world.dynamodb.before_put = lambda: seen.append(world.ses.hidden)

    assert pushed(world, template()) == [("hello", "created")]
    assert seen == [0]
    assert world.sleeps == [1, 2, 4]


def test_failed_creation_leaves_the_stage_alone(world: World) -> None:
    pushed(world, numbered(1))
    before = current(world)
    world.ses.throttled = 99

    with pytest.raises(Exception, match="TooManyRequests"):
        pushed(world, numbered(2))

    assert current(world) == before


def test_second_push_of_the_same_changes_nothing(world: World) -> None:
    pushed(world, template())
    items = dict(world.dynamodb.items)
    world.ses.calls.clear()

    assert pushed(world, template()) == [("hello", "unchanged")]
    assert world.dynamodb.items == items
    assert world.ses.calls == ["get"]


def test_push_mends_a_version_that_ses_lost(world: World) -> None:
    pushed(world, template())
    world.ses.templates.clear()

    assert pushed(world, template(), is_dry_run=True) == [("hello", "mended")]
    assert world.ses.templates == {}
    assert pushed(world, template()) == [("hello", "mended")]
    assert len(world.ses.templates) == 1


def test_only_what_changed_is_pushed(world: World) -> None:
    pushed(world, template("a"), template("b"))
    world.ses.calls.clear()
    changed = numbered(2)

    made = push([template("a"), template("b", changed.content)], world.templates)

    assert [change.action for change in made] == ["unchanged", "updated"]
    assert world.ses.calls.count("create") == 1


def test_dry_run_changes_nothing(world: World) -> None:
    pushed(world, template("a"))
    before = dict(world.dynamodb.items), dict(world.ses.templates)

    actions = pushed(world, template("a", numbered(1).content), template("b"), is_dry_run=True)

    assert actions == [("a", "updated"), ("b", "created")]
    assert (world.dynamodb.items, world.ses.templates) == before


def test_old_versions_are_deleted(world: World) -> None:
    for number in range(6):
        pushed(world, numbered(number), keep=3)

    stored = world.table.get("hello")
    kept = [version_of(numbered(number).content) for number in (5, 4, 3)]
    assert [each.version for each in stored.versions] == kept
    assert sorted(world.ses.templates) == sorted(f"hello--dev--{version}" for version in kept)


def test_older_content_pushed_again_becomes_the_newest(world: World) -> None:
    for number in (1, 2, 3, 1):
        pushed(world, numbered(number), keep=2)

    stored = world.table.get("hello")
    assert [each.version for each in stored.versions] == [
        version_of(numbered(1).content),
        version_of(numbered(3).content),
    ]
    assert len(world.ses.templates) == 2


def test_stages_of_an_account_do_not_share_versions(world: World) -> None:
    prod = World(ses=world.ses)
    list(push([template()], prod.stage_templates("prod")))
    for number in range(5):
        pushed(world, numbered(number), keep=2)
    pushed(world, template(), keep=2)

    kept = prod.table.get("hello").current
    assert kept is not None
    assert kept.ses_name == f"hello--prod--{HELLO_VERSION}"
    assert kept.ses_name in world.ses.templates


def test_push_meanwhile_is_a_conflict(world: World) -> None:
    pushed(world, numbered(1))

    def other() -> None:
        world.dynamodb.before_put = lambda: None
        pushed(world, numbered(2))

    world.dynamodb.before_put = other
    with pytest.raises(VersionConflictError, match="changed on the stage meanwhile"):
        pushed(world, numbered(3))

    assert current(world) == version_of(numbered(2).content)


@pytest.mark.parametrize("is_known", [True, False])
def test_same_push_at_the_same_time_is_no_conflict(world: World, is_known: bool) -> None:
    if is_known:
        pushed(world, numbered(1))

    def other() -> None:
        world.dynamodb.before_put = lambda: None
        pushed(world, numbered(2))

    world.dynamodb.before_put = other

    assert pushed(world, numbered(2)) == [("hello", "unchanged")]
    assert current(world) == version_of(numbered(2).content)


def test_rollback_meanwhile_is_a_conflict(world: World) -> None:
    for number in (1, 2):
        pushed(world, numbered(number))

    def other() -> None:
        world.dynamodb.before_put = lambda: None
        rollback("hello", None, world.templates)

    world.dynamodb.before_put = other
    with pytest.raises(VersionConflictError):
        pushed(world, numbered(3))

    assert current(world) == version_of(numbered(1).content)


def test_version_changed_by_hand_is_not_sent(world: World) -> None:
    world.ses.templates[f"hello--dev--{HELLO_VERSION}"] = {"Subject": "by hand"}

    with pytest.raises(CommandError, match="changed by hand"):
        pushed(world, template())

    assert current(world) == ""


def test_left_version_with_the_same_content_is_taken(world: World) -> None:
    """A push that died before it pointed to its version is completed by the next one."""
    world.ses.templates[f"hello--dev--{HELLO_VERSION}"] = HELLO.to_ses()

    assert pushed(world, template()) == [("hello", "created")]


def test_version_that_is_wanted_again_is_not_deleted(world: World) -> None:
    for number in (1, 2):
        pushed(world, numbered(number), keep=2)

    def wanted_again(call: str) -> None:
        if call == "delete":
            raise AssertionError("a version in use was deleted")

    # The prune of the third push comes after somebody has pushed the first version again.
    made = push([numbered(3)], world.templates, keep=2)
    world.ses.before = wanted_again
    original = world.dynamodb.put_item

    def put_then_push(**params: object) -> object:
        response = original(**params)  # type: ignore[arg-type]
        world.dynamodb.put_item = original  # type: ignore[method-assign]
        pushed(world, numbered(1), keep=5)
        return response

    world.dynamodb.put_item = put_then_push  # type: ignore[method-assign]
    (change,) = made

    assert change.deleted == ()
    assert current(world) == version_of(numbered(1).content)


def test_calls_keep_the_pace_of_ses(world: World) -> None:
    world.pace = 1.05
    pushed(world, template("a"), template("b"), template("c"))

    assert world.sleeps == pytest.approx([1.05, 1.05])


def test_throttled_call_is_tried_again(world: World) -> None:
    world.ses.throttled = 2

    assert pushed(world, template()) == [("hello", "created")]
    assert world.sleeps == [1, 2]
