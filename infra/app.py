"""The CDK app's entry: `python -m infra.app`, run by the CDK command line from cdk.json."""

import os
import sys

# Read when aws_cdk starts Node, which says of every version but the newest that it is too old.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20,21,23")

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from cdk_nag import AwsSolutionsChecks

from infra.bundling import lambda_code
from infra.settings import Settings, SettingsError
from infra.stack import AmsdalMailStack


def build(app: cdk.App, settings: Settings, code: lambda_.Code) -> AmsdalMailStack:
    """Put the stack into the app; a cdk-nag finding makes its synthesis fail."""
    stack = AmsdalMailStack(app, settings=settings, code=code)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return stack


def main() -> None:
    """Synthesise the stack of the given context."""
    app = cdk.App()
    try:
        settings = Settings.from_context(app.node.get_all_context())
    except SettingsError as error:
        sys.exit(str(error))
    build(app, settings, lambda_code(settings))
    app.synth()


if __name__ == "__main__":
    main()
