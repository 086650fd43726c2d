"""Inline and stored templates in the simulator."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from local.ses.errors import RefusedError
from local.ses.sending.handlebars import Handlebars
from local.ses.templates import (
    InlineRenderer,
    RenderingFailedError,
    TemplateContent,
    check_operations,
    parse_template_data,
    render_content,
)


@pytest_asyncio.fixture
async def handlebars() -> AsyncIterator[Handlebars]:
    assert shutil.which("node"), "the handlebars library needs node"
    renderer = Handlebars()
    yield renderer
    await renderer.stop()


@pytest.mark.parametrize(
    "part",
    ["{{#if a}}x{{/if}}", "{{#each l}}{{/each}}", "{{> p}}", "{{!c}}", "{{a b}}", "{{^a}}{{/a}}"],
)
def test_inline_content_with_more_than_substitution_is_refused(part: str) -> None:
    error = check_operations(TemplateContent("s", None, part))

    assert error is not None
    assert error.message == "Template contains unsupported operations."


async def test_inline_content_takes_plain_substitution() -> None:
    content = "{{a}} {{ b.c }} {{{a}}} {{ses:openTracker}}"

    assert check_operations(TemplateContent(content)) is None
    assert await InlineRenderer().render(content, {"a": "<&>", "b": {"c": 1}}) == (
        "<&> 1 <&> {{ses:openTracker}}"
    )


@pytest.mark.parametrize("text", [None, "", "[]", "1", "{", "null"])
def test_template_data_has_to_be_the_text_of_an_object(text: str | None) -> None:
    with pytest.raises(RefusedError) as refused:
        parse_template_data(text)

    assert refused.value.error.message == "The template data is invalid"


@pytest.mark.parametrize(
    ("template", "data", "text"),
    [
        pytest.param("{{a}}", {"a": "<&'\">"}, "<&'\">", id="values are not escaped"),
        pytest.param("{{#if a}}y{{else}}n{{/if}}", {}, "n", id="if asks for what is missing"),
        pytest.param("{{#each l}}{{n}},{{/each}}", {"l": [{"n": 1}, {"n": 2}]}, "1,2,", id="each"),
        pytest.param(
            "{{#each l}}{{#if this.v}}{{../x}}{{/if}}{{/each}}",
            {"l": [{"v": 1}, {}], "x": "X"},
            "X",
            id="nesting",
        ),
        pytest.param(
            '{{#* inline "p"}}<{{n}}>{{/inline}}{{> p}}', {"n": "x"}, "<x>", id="inline partial"
        ),
        pytest.param("{{ses:openTracker}}", {}, "{{ses:openTracker}}", id="open tracker stays"),
    ],
)
async def test_a_stored_template_renders(
    handlebars: Handlebars, template: str, data: dict[str, Any], text: str
) -> None:
    assert await handlebars.render(template, data) == text


@pytest.mark.parametrize("inline", [True, False])
async def test_a_missing_attribute_is_named(handlebars: Handlebars, inline: bool) -> None:
    renderer = InlineRenderer() if inline else handlebars

    with pytest.raises(RenderingFailedError) as failed:
        await renderer.render("Hi {{name}}", {"other": 1})

    assert str(failed.value) == "Attribute 'name' is not present in the rendering data."


async def test_a_broken_template_fails_and_the_next_one_renders(handlebars: Handlebars) -> None:
    with pytest.raises(RenderingFailedError):
        await handlebars.check("{{#if a}}")

    assert await handlebars.render("{{a}}", {"a": "ok"}) == "ok"


MISSING = {
    "flat null": ("{{a}}", {"a": None}),
    "nested null": ("{{a.b}}", {"a": {"b": None}}),
    "nested value": ("{{a.b}}", {"a": {}}),
    "parent": ("{{a.b.c}}", {"a": {"x": 1}}),
    "null parent": ("{{a.b}}", {"a": None}),
    "text for a parent": ("{{a.b}}", {"a": "x"}),
}


@pytest.mark.parametrize(("template", "data"), MISSING.values(), ids=MISSING)
@pytest.mark.parametrize("part", ["subject", "text", "html"])
@pytest.mark.parametrize("inline", [True, False], ids=["inline", "stored"])
async def test_a_missing_value_fails_on_each_way_to_the_leaf(
    handlebars: Handlebars, template: str, data: dict[str, Any], part: str, inline: bool
) -> None:
    content = TemplateContent(**{"subject": "s", part: template})

    with pytest.raises(RenderingFailedError, match=r"^Attribute '.*' is not present in the"):
        await render_content(InlineRenderer() if inline else handlebars, content, data)


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "stored"])
async def test_empty_and_false_values_are_present(handlebars: Handlebars, inline: bool) -> None:
    data = {"a": "", "b": {"c": False}, "n": 0}

    content = await render_content(
        InlineRenderer() if inline else handlebars, TemplateContent("{{a}}|{{b.c}}|{{n}}"), data
    )

    assert content.subject == "|false|0"


async def test_a_null_in_a_list_is_missing_for_its_item(handlebars: Handlebars) -> None:
    content = TemplateContent("{{#each l}}{{n}}{{/each}}")

    with pytest.raises(RenderingFailedError, match="Attribute 'n' is not present"):
        await render_content(handlebars, content, {"l": [{"n": 1}, {"n": None}]})
