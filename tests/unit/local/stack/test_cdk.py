import pytest

from local.stack.cdk import read_outputs


def test_outputs_are_those_of_the_only_stack() -> None:
    assert read_outputs('{"AmsdalMail-dev": {"ApiId": "a1"}}') == {"ApiId": "a1"}


@pytest.mark.parametrize("text", ["{}", '{"A": {}, "B": {}}'], ids=["none", "two"])
def test_anything_but_one_stack_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="outputs of one stack"):
        read_outputs(text)
