"""The HTTP API in front of the send function: explicit routes, each with an authorizer."""

from __future__ import annotations

import json

import jsii
from aws_cdk import aws_apigateway as rest
from aws_cdk import aws_apigatewayv2 as api
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.service_function import log_group
from infra.settings import Settings

__all__ = ["EmailAPI"]

SEND, READ, CHANGE_SUPPRESSIONS = "mail:send", "mail:read", "suppressions:write"
READ_CONTENT = "mail:content"
ERASE = "recipients:erase"

ROUTES = (
    (api.HttpMethod.POST, "/emails", (SEND,)),
    (api.HttpMethod.POST, "/emails/batch", (SEND,)),
    (api.HttpMethod.POST, "/uploads", (SEND,)),
    (api.HttpMethod.GET, "/emails", (READ,)),
    (api.HttpMethod.GET, "/emails/{email_id}", (READ,)),
    (api.HttpMethod.PATCH, "/emails/{email_id}", (SEND,)),
    (api.HttpMethod.POST, "/emails/{email_id}/cancel", (SEND,)),
    (api.HttpMethod.GET, "/emails/{email_id}/content", (READ_CONTENT,)),
    (api.HttpMethod.POST, "/emails/{email_id}/resend", (SEND,)),
    (api.HttpMethod.GET, "/suppressions", (READ,)),
    (api.HttpMethod.DELETE, "/suppressions", (CHANGE_SUPPRESSIONS,)),
    (api.HttpMethod.GET, "/metrics", (READ,)),
    (api.HttpMethod.DELETE, "/recipients", (ERASE,)),
    (api.HttpMethod.GET, "/openapi.json", (SEND, READ, READ_CONTENT, CHANGE_SUPPRESSIONS, ERASE)),
    (api.HttpMethod.GET, "/docs", (SEND, READ, READ_CONTENT, CHANGE_SUPPRESSIONS, ERASE)),
)
"""Each route with its scopes. A JWT must have at least one of them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

VENDED_LOGS = "/aws/vendedlogs/"
"""Log groups of AWS services below this prefix share a resource policy.

Otherwise each has an entry in a policy of 5,120 characters, which an account can use up:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
"""

ACCESS_LOG_FIELDS = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "responseLength": "$context.responseLength",
    "responseLatency": "$context.responseLatency",
    "sourceIp": "$context.identity.sourceIp",
    "caller": "$context.identity.caller",
    "authorizerError": "$context.authorizer.error",
    "integrationError": "$context.integrationErrorMessage",
}
"""The route key instead of the path, which may hold an address; and no header."""


class EmailAPI(Construct):
    """The HTTP API. Callers sign their requests with IAM, or send a JWT if an issuer is set."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.IFunction,
        settings: Settings,
    ) -> None:
        super().__init__(scope, construct_id)
        self.api = api.HttpApi(
            self,
            "Api",
            api_name=settings.stack_name,
            create_default_stage=False,
            default_authorizer=_authorizer(settings),
        )
        integration = integrations.HttpLambdaIntegration("Send", function)
        for method, path, scopes in ROUTES:
            self.api.add_routes(
                path=path,
                methods=[method],
                integration=integration,
                authorization_scopes=_scopes(scopes, settings),
            )
        api.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=api.ThrottleSettings(
                rate_limit=settings.api_rate_limit, burst_limit=settings.api_burst_limit
            ),
            access_log_settings=_AccessLogSettings(
                log_group(self, "AccessLogs", f"{VENDED_LOGS}{settings.stack_name}/http-api")
            ),
        )


def _scopes(scopes: tuple[str, ...], settings: Settings) -> list[str]:
    """Return the scopes as the issuer names them; none for callers that sign with IAM."""
    if not settings.jwt_issuer:
        return []
    return [f"{settings.jwt_scope_prefix}{scope}" for scope in scopes]


def _authorizer(settings: Settings) -> api.IHttpRouteAuthorizer:
    if not settings.jwt_issuer:
        return authorizers.HttpIamAuthorizer()
    return authorizers.HttpJwtAuthorizer(
        "Jwt", settings.jwt_issuer, jwt_audience=list(settings.jwt_audience)
    )


@jsii.implements(api.IAccessLogSettings)
class _AccessLogSettings:
    """The access log of the stage: a line of JSON for each request."""

    def __init__(self, log_group: logs.ILogGroup) -> None:
        self._log_group = log_group

    @property
    def destination(self) -> api.LogGroupLogDestination:
        """The log group."""
        return api.LogGroupLogDestination(self._log_group)

    @property
    def format(self) -> rest.AccessLogFormat:
        """The fields of a line."""
        return rest.AccessLogFormat.custom(json.dumps(ACCESS_LOG_FIELDS))
