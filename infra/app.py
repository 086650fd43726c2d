"""The CDK app's entry: `python -m infra.app`, run by the CDK command line from cdk.json."""

import sys

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from cdk_nag import AwsSolutionsChecks

from infra.asset import lambda_code
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
