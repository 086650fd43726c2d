"""The SES configuration set, and the topic to which it publishes every event."""

from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.settings import Settings


def tracked_kinds(settings: Settings) -> list[ses.EmailSendingEvent]:
    """List all ten kinds, less opens and clicks where they are not to be tracked."""
    left_out = set()
    if not settings.track_opens:
        left_out.add(ses.EmailSendingEvent.OPEN)
    if not settings.track_clicks:
        left_out.add(ses.EmailSendingEvent.CLICK)
    return [kind for kind in ses.EmailSendingEvent if kind not in left_out]


class TrackedConfigurationSet(Construct):
    """A configuration set with TLS required, whose events go to one topic."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self.configuration_set = ses.ConfigurationSet(
            self,
            "ConfigurationSet",
            configuration_set_name=settings.stack_name,
            reputation_metrics=True,
            sending_enabled=True,
            tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
            suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
            custom_tracking_redirect_domain=settings.tracking_domain or None,
        )
        # Not encrypted by a KMS key: SES cannot use the AWS managed one, and a key of our own costs
        # more than all the rest at rest. SNS passes the events on at once and keeps none.
        self.topic = sns.Topic(self, "Events", enforce_ssl=True)
        # This adds the topic policy by which only SES may publish, for this account and set, and
        # makes the destination wait for it: SES publishes a test message when it is created.
        ses.ConfigurationSetEventDestination(
            self,
            "EventDestination",
            configuration_set=self.configuration_set,
            destination=ses.EventDestination.sns_topic(self.topic),
            events=tracked_kinds(settings),
        )

    @property
    def name(self) -> str:
        """The name that send calls give."""
        return self.configuration_set.configuration_set_name
