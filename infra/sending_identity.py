"""The identity that the emails come from, and the permission to send as it."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.nag import acknowledge
from infra.settings import Settings

# What SES checks when SESv2 is called, as its refusals name it: SendEmail needs SendRawEmail for
# raw content and SendTemplatedEmail for a template, SendBulkEmail needs SendBulkTemplatedEmail.
SEND_ACTIONS = (
    "ses:SendEmail",
    "ses:SendRawEmail",
    "ses:SendTemplatedEmail",
    "ses:SendBulkEmail",
    "ses:SendBulkTemplatedEmail",
)

SUPPRESSION_ACTIONS = ("ses:GetSuppressedDestination", "ses:DeleteSuppressedDestination")


class SendingIdentity(Construct):
    """A domain with Easy DKIM and its own MAIL FROM, an address, or one that is there already."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self.created: ses.EmailIdentity | None = None
        if settings.create_identity:
            self.created = self._create(settings)
            if not settings.local:
                # Others of the account may send as it, and a new one has to be verified again. A
                # first deployment that fails takes its own back: the next would find it there.
                self.created.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        self._names = (settings.sender, *settings.other_identities)

    def _create(self, settings: Settings) -> ses.EmailIdentity:
        if not settings.sender_is_domain:
            return ses.EmailIdentity(self, "Identity", identity=ses.Identity.email(settings.sender))
        return ses.EmailIdentity(
            self,
            "Identity",
            identity=ses.Identity.domain(settings.sender),
            dkim_identity=ses.DkimIdentity.easy_dkim(ses.EasyDkimSigningKeyLength.RSA_2048_BIT),
            mail_from_domain=settings.mail_from_domain,
            # A missing MX record must not stop the mail, only the alignment of SPF.
            mail_from_behavior_on_mx_failure=ses.MailFromBehaviorOnMxFailure.USE_DEFAULT_VALUE,
        )

    def grant_send(self, role: iam.IRole, configuration_set: str) -> None:
        """Let the role send as this identity, with this configuration set and any template."""
        stack = Stack.of(self)
        named = [("identity", name) for name in self._names]
        named += [("configuration-set", configuration_set), ("template", "*")]
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=list(SEND_ACTIONS),
                resources=[
                    stack.format_arn(service="ses", resource=kind, resource_name=name)
                    for kind, name in named
                ],
            )
        )
        acknowledge(
            role,
            "IAM5[Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:template/*]",
            "Templates are made after the deployment and named by each message; a template gives "
            "nothing without the identity and the configuration set, which are named here.",
        )


def grant_suppression_list(role: iam.IRole) -> None:
    """Let the role read and clear entries of SES's suppression list for the account."""
    role.add_to_principal_policy(
        iam.PolicyStatement(actions=list(SUPPRESSION_ACTIONS), resources=["*"])
    )
    acknowledge(role, "IAM5[Resource::*]", "AWS knows no resource for these calls but '*'.")
