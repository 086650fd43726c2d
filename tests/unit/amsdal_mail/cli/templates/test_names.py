from __future__ import annotations

import json
import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amsdal_mail.cli.templates.content import TemplateContent
from amsdal_mail.cli.templates.names import is_name, is_version_name, ses_name_of, version_of

NAMES = st.from_regex(r"\A[A-Za-z0-9_-]{1,32}\Z").filter(is_name)
STAGES = st.from_regex(r"\A[a-z][a-z0-9-]{0,19}\Z")
TEXT = st.text(max_size=20)


@pytest.fixture(scope="module")
def pattern() -> str:
    """The pattern of CloudFormation for the name of a template, as cfn-lint has it."""
    schemas = resources.files("cfnlint") / "data" / "schemas"
    types = json.loads((schemas / "providers" / "eu-west-1.json").read_text())
    schema = json.loads((schemas / "resources" / f"{types['AWS::SES::Template']}.json").read_text())
    return str(schema["definitions"]["Template"]["properties"]["TemplateName"]["pattern"])


@given(name=NAMES, stage=STAGES | st.text(max_size=40))
def test_name_of_a_version_fits_ses(pattern: str, name: str, stage: str) -> None:
    ses_name = ses_name_of(name, stage, "1a2b3c4d")

    assert re.fullmatch(pattern, ses_name)
    assert is_version_name(ses_name)
    assert not is_name(ses_name)
    assert ses_name.startswith(f"{name}--")


@given(parts=st.lists(TEXT, min_size=3, max_size=3), others=st.lists(TEXT, min_size=3, max_size=3))
def test_version_changes_with_each_part(parts: list[str], others: list[str]) -> None:
    one, other = TemplateContent(*parts), TemplateContent(*others)

    assert (version_of(one) == version_of(other)) is (one == other)
    assert re.fullmatch(r"[0-9a-f]{8}", version_of(one))


def test_text_that_moves_between_parts_is_another_version() -> None:
    assert version_of(TemplateContent("a", "b", "")) != version_of(TemplateContent("a", "", "b"))


@pytest.mark.parametrize("name", ["welcome", "order--confirmation", "a--b--c", "x--y--12345g78"])
def test_names_of_other_templates_are_no_versions(name: str) -> None:
    assert not is_version_name(name)
