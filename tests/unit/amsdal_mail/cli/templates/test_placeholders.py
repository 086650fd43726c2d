"""Placeholders and samples: properties over random data, and the language of Handlebars."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from amsdal_mail.cli.templates import placeholders
from amsdal_mail.cli.templates.engine import Engine, Placeholder, RenderingError

KEYS = st.from_regex(r"\A[a-z][a-zA-Z0-9_]{0,6}\Z").filter(
    lambda key: (
        key not in {"if", "each", "with", "this", "unless", "lookup", "log", "length"}
        and key not in {"true", "false", "null", "undefined", "as", "else"}
    )
)
VALUES = st.text(min_size=1, max_size=5) | st.integers() | st.booleans()
DATA = st.dictionaries(
    KEYS,
    st.recursive(
        VALUES,
        lambda inner: (
            st.dictionaries(KEYS, inner, min_size=1, max_size=3)
            | st.lists(
                st.dictionaries(KEYS, VALUES, min_size=1, max_size=2), min_size=1, max_size=1
            )
        ),
        max_leaves=6,
    ),
    min_size=1,
    max_size=4,
)
GENTLE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def source_of(data: Any, path: str = "") -> str:
    """Return a template that prints each value of the data once."""
    source = ""
    for key, value in data.items():
        place = f"{path}{key}"
        if isinstance(value, dict):
            source += source_of(value, f"{place}.")
        elif isinstance(value, list):
            source += f"{{{{#each {place}}}}}{source_of(value[0])}{{{{/each}}}}"
        else:
            source += f"[{{{{{place}}}}}]"
    return source


def leaves(data: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if isinstance(data, dict):
        return [leaf for key, value in data.items() for leaf in leaves(value, (*path, key))]
    if isinstance(data, list):
        return leaves(data[0], (*path, "*"))
    return [path]


def without(data: Any, path: tuple[str, ...]) -> Any:
    changed = copy.deepcopy(data)
    target = changed
    for key in path[:-1]:
        target = target[0] if key == "*" else target[key]
    del target[path[-1]]
    return changed


@GENTLE
@given(data=DATA)
def test_template_of_its_data_lacks_and_wastes_nothing(engine: Engine, data: Any) -> None:
    places, refused = engine.inspect(source_of(data))

    assert refused == []
    assert placeholders.missing(places, data) == []
    assert placeholders.unprintable(places, data) == []
    assert placeholders.unused(places, data) == []


@GENTLE
@given(data=DATA, choice=st.data())
def test_missing_value_is_named_and_fails_rendering(
    engine: Engine, data: Any, choice: st.DataObject
) -> None:
    source = source_of(data)
    path = choice.draw(st.sampled_from(leaves(data)))
    lacking = without(data, path)

    places, _ = engine.inspect(source)

    assert ".".join(path) in placeholders.missing(places, lacking)
    with pytest.raises(RenderingError, match=path[-1]):
        engine.render(source, lacking)


@GENTLE
@given(data=DATA, key=KEYS)
def test_value_that_nothing_takes_is_named(engine: Engine, data: Any, key: str) -> None:
    assume(key not in data)
    places, _ = engine.inspect(source_of(data))

    assert placeholders.unused(places, {**data, key: "x"}) == [key]


@GENTLE
@given(data=DATA)
def test_made_sample_fits_its_template(engine: Engine, data: Any) -> None:
    source = source_of(data)
    places, _ = engine.inspect(source)
    sample = placeholders.sample_for(places)

    assert placeholders.missing(places, sample) == []
    assert placeholders.unused(places, sample) == []
    engine.render(source, sample)


@pytest.mark.parametrize(
    ("source", "taken"),
    [
        ("{{a}} {{{b}}} {{&c}}", ["a", "b", "c"]),
        ("{{a.b.c}}", ["a.b.c"]),
        ("{{#if a}}{{b}}{{else if c}}{{d}}{{else}}{{e}}{{/if}}", ["a", "b", "c", "d", "e"]),
        ("{{#unless a}}x{{/unless}}", ["a"]),
        ("{{#each a}}{{b}}{{this.c}}{{@index}}{{../d}}{{@root.e}}{{else}}{{f}}{{/each}}",
         ["a", "a.*.b", "a.*.c", "d", "e", "f"]),
        ("{{#each a}}{{this}}{{/each}}", ["a", "a.*"]),
        ("{{#each a as |item at|}}{{item.b}}{{at}}{{/each}}", ["a", "a.*.b"]),
        ("{{#each a}}{{#each b}}{{c}}{{../d}}{{/each}}{{/each}}",
         ["a", "a.*.b", "a.*.b.*.c", "a.*.d"]),
        ("{{#with a}}{{b}}{{#if c}}{{../d}}{{/if}}{{/with}}", ["a", "a.b", "a.c", "d"]),
        ("{{lookup a b}}", ["a", "b"]),
        ("{{#if (lookup a b)}}x{{/if}}", ["a", "b"]),
        ('{{#*inline "p"}}{{b}}{{/inline}}{{> p a}}{{> p}}', ["a", "a.b", "b"]),
        ('{{#*inline "p"}}{{q}}{{/inline}}{{> p q=a}}', ["a"]),
        ('{{#*inline "p"}}{{n}}{{#if c}}{{> p c}}{{/if}}{{/inline}}{{> p}}', None),
        ("{{! a comment {{!-- b --}} }}", []),
        ("{{ses:openTracker}}{{a}}", ["a"]),
        ("no placeholders", []),
    ],
)  # fmt: skip
def test_values_are_read_as_handlebars_does(
    engine: Engine, source: str, taken: list[str] | None
) -> None:
    places, refused = engine.inspect(source)

    assert refused == []
    if taken is not None:
        assert sorted({str(place) for place in places if str(place) != "q"}) == taken


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("{{upper name}}", "SES has no helper upper (line 1)"),
        ("\n{{#eq a b}}x{{/eq}}", "SES has no helper eq (line 2)"),
        ("{{#if (gt a b)}}x{{/if}}", "SES has no helper gt (line 1)"),
        ("{{> footer}}", "the partial footer is not defined in this part (line 1)"),
        ("{{> (lookup . 'a')}}", "SES takes a partial only by its name (line 1)"),
        ("{{#*other 'a'}}{{/other}}", "SES has no decorator other (line 1)"),
    ],
)
def test_what_ses_lacks_is_refused(engine: Engine, source: str, rule: str) -> None:
    assert engine.inspect(source)[1] == [rule]


@pytest.mark.parametrize(
    ("path", "sample", "is_missing"),
    [
        ("a", {"a": None}, True),
        ("a", {"a": ""}, False),
        ("a", {"a": False}, False),
        ("a.b", {"a": "text"}, True),
        ("a.*.b", {"a": [{"b": 1}, {"c": 1}]}, True),
        ("a.*.b", {"a": []}, False),
        ("a.*.b", {"a": {"x": {"b": 1}}}, False),
        ("a.0", {"a": ["x"]}, False),
        ("a.7", {"a": ["x"]}, True),
        (f"a.{'9' * 5_000}", {"a": ["x"]}, True),
        ("a.length", {"a": ["x"]}, False),
        ("__proto__", {}, True),
    ],
)
def test_missing_values(path: str, sample: dict[str, Any], is_missing: bool) -> None:
    place = Placeholder("value", tuple(path.split(".")))

    assert bool(placeholders.missing([place], sample)) is is_missing


def test_object_would_print_as_such(engine: Engine) -> None:
    places, _ = engine.inspect("{{a}} {{#with b}}{{c}}{{/with}}")

    assert placeholders.unprintable(places, {"a": {"x": 1}, "b": {"c": 1}}) == ["a"]


def test_lookup_uses_all_that_it_may_find(engine: Engine) -> None:
    places, _ = engine.inspect("{{lookup prices kind}}")

    sample = {"prices": {"a": 1, "b": 2}, "kind": "a", "other": 1}
    assert placeholders.unused(places, sample) == ["other"]


def test_values_are_not_escaped(engine: Engine) -> None:
    """As SES does: https://docs.aws.amazon.com/ses/latest/dg/send-personalized-email-advanced.html."""
    assert engine.render("{{a}}", {"a": "<b> & 'c'"}) == "<b> & 'c'"


def test_hostile_sample_is_only_data(engine: Engine) -> None:
    sample = json.loads('{"__proto__": {"polluted": "yes"}, "constructor": "x", "a": "{{b}}"}')

    assert engine.render("{{a}}{{constructor}}", sample) == "{{b}}x"
    with pytest.raises(RenderingError):
        engine.render("{{polluted}}", {})
