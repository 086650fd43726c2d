"""The SES identity that emails are sent from, and the permission to send as this identity."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.nag import acknowledge
from infra.settings import Settings

__all__ = ["SEND_ACTIONS", "SUPPRESSION_ACTIONS", "SendingIdentity", "grant_suppression_list"]

SEND_ACTIONS = (
    "ses:SendEmail",
    "ses:SendRawEmail",
    "ses:SendTemplatedEmail",
    "ses:SendBulkEmail",
    "ses:SendBulkTemplatedEmail",
)
"""The actions that SES checks for a call of SESv2, as its AccessDenied errors name them.

SendEmail needs SendRawEmail for raw content and SendTemplatedEmail for a template. SendBulkEmail
needs SendBulkTemplatedEmail.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
"""

SUPPRESSION_ACTIONS = (
    "ses:GetSuppressedDestination",
    "ses:DeleteSuppressedDestination",
    "ses:ListSuppressedDestinations",
)


class SendingIdentity(Construct):
    """A domain with Easy DKIM and a MAIL FROM domain, an address, or an existing identity.

    `created` is None if the identity exists already (create_identity=false).
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self._names = (settings.sender, *settings.other_identities)
        self.created = _create(self, settings) if settings.create_identity else None
        if self.created and not settings.local:
            # Other applications of the account may use the identity, and a new one has to be
            # verified again. A failed first deployment deletes the identity: otherwise the next
            # deployment would fail because it exists.
            self.created.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)

    def grant_send(self, role: iam.IRole, configuration_sets: Sequence[str]) -> None:
        """Allow sending as this identity, with these configuration sets and any template."""
        stack = Stack.of(self)
        resources = [("identity", name) for name in self._names]
        resources += [("configuration-set", name) for name in configuration_sets]
        resources.append(("template", "*"))
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=list(SEND_ACTIONS),
                resources=[
                    stack.format_arn(service="ses", resource=resource, resource_name=name)
                    for resource, name in resources
                ],
            )
        )
        acknowledge(
            role,
            "IAM5[Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:template/*]",
            "Templates are created after the deployment, and each message names its own. A "
            "template alone permits nothing: the statement names the identity and the "
            "configuration set.",
        )


def grant_suppression_list(role: iam.IRole) -> None:
    """Allow reading and deleting entries of the account's suppression list at SES."""
    role.add_to_principal_policy(
        iam.PolicyStatement(actions=list(SUPPRESSION_ACTIONS), resources=["*"])
    )
    acknowledge(
        role, "IAM5[Resource::*]", "These actions have no resource types: AWS accepts only '*'."
    )


def _create(scope: Construct, settings: Settings) -> ses.EmailIdentity:
    if not settings.sender_is_domain:
        return ses.EmailIdentity(scope, "Identity", identity=ses.Identity.email(settings.sender))
    return ses.EmailIdentity(
        scope,
        "Identity",
        identity=ses.Identity.domain(settings.sender),
        dkim_identity=ses.DkimIdentity.easy_dkim(ses.EasyDkimSigningKeyLength.RSA_2048_BIT),
        mail_from_domain=settings.mail_from_domain,
        # Without the MX record, SES sends from amazonses.com: SPF is then not aligned, but the
        # email is sent. https://docs.aws.amazon.com/ses/latest/dg/mail-from.html
        mail_from_behavior_on_mx_failure=ses.MailFromBehaviorOnMxFailure.USE_DEFAULT_VALUE,
    )
