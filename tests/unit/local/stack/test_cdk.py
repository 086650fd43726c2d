from __future__ import annotations

import pytest

from local.stack.cdk import read_outputs


def test_outputs_are_those_of_the_only_stack() -> None:
    assert read_outputs('{"AmsdalMail-dev": {"ApiId": "a1"}}') == {"ApiId": "a1"}


@pytest.mark.parametrize("text", ["{}", '{"A": {}, "B": {}}'], ids=["none", "two"])
def test_an_outputs_file_must_have_one_stack(text: str) -> None:
    with pytest.raises(ValueError, match="outputs of one stack"):
        read_outputs(text)
