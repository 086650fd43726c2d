"""The CDK app: `python -m infra.app`, which the CDK command line runs, see cdk.json."""

from __future__ import annotations

import os
import sys

# Importing aws_cdk starts Node, which otherwise warns about all versions but the newest.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20,21,23")

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from cdk_nag import AwsSolutionsChecks

from infra.bundling import lambda_code
from infra.regions import region_problem
from infra.settings import Settings, SettingsError
from infra.stack import AmsdalMailStack
from infra.stages import send_rate_warning

__all__ = ["build"]


def build(app: cdk.App, settings: Settings, code: lambda_.Code) -> AmsdalMailStack:
    """Add the stack to the app. A finding of cdk-nag fails the synthesis."""
    stack = AmsdalMailStack(app, settings=settings, code=code)
    if warning := send_rate_warning(app.node.get_all_context(), settings):
        cdk.Annotations.of(stack).add_warning_v2("amsdal-mail:max_send_rate", warning)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return stack


def main() -> None:
    """Synthesise the stack with the settings of the CDK context."""
    app = cdk.App()
    try:
        settings = Settings.from_context(app.node.get_all_context())
        # The CDK command line sets the region of the deployment.
        problem = region_problem(os.environ.get("CDK_DEFAULT_REGION", ""))
        if problem and not settings.local:
            sys.exit(problem)
        build(app, settings, lambda_code(settings))
    except SettingsError as error:
        sys.exit(str(error))
    app.synth()


if __name__ == "__main__":
    main()
