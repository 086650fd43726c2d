from tests.email_table import TABLE
from tests.infra.synthesis import SynthesisedStack


def test_tests_create_the_table_of_the_template(stack: SynthesisedStack) -> None:
    template = stack.only("AWS::DynamoDB::GlobalTable")

    assert {name: template[name] for name in TABLE} == TABLE
