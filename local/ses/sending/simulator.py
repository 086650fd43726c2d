"""The simulated account with its collaborators: admits, composes and accepts messages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from local.ses.account import Account
from local.ses.errors import RefusedError, bad_request, refuse, template_missing
from local.ses.events.link_tracking import Tracking
from local.ses.messages import new_id
from local.ses.mime.compose import Content, Envelope, compose
from local.ses.sending import acceptance, account_checks, request_checks, requests
from local.ses.sending.acceptance import ComposedMessage
from local.ses.templates import (
    InlineRenderer,
    RenderingFailedError,
    TemplateContent,
    check_operations,
    check_placeholders,
    render_content,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from local.ses.aws import AWSClient, ConfigurationSet
    from local.ses.events.publisher import Publisher
    from local.ses.messages import Messages
    from local.ses.sending.acceptance import Caller
    from local.ses.sending.handlebars import Handlebars
    from local.ses.sending.requests import SendRequest
    from local.ses.switches import Switches


@dataclass(slots=True)
class Simulator:
    """One account in one region. `counts` holds accepted and refused calls by their kind.

    `tracking_url` is the simulator's own address, to which tracked links and pixels lead.
    """

    account: Account
    messages: Messages
    aws: AWSClient
    publisher: Publisher
    handlebars: Handlebars
    now: Callable[[], datetime]
    region: str
    switches: Switches
    tracking_url: str = "http://localhost"
    counts: Counter[str] = field(default_factory=Counter)
    _at_start: Switches = field(init=False)

    def __post_init__(self) -> None:
        """Remember the switches for a reset."""
        self._at_start = self.switches.model_copy(deep=True)

    async def reset(self) -> None:
        """As at the start: nothing sent, nothing stored, no event to come."""
        await self.publisher.stop()
        self.messages.clear()
        self.counts.clear()
        self.account = Account()
        self.switches = self._at_start.model_copy(deep=True)

    async def verified_identities(self) -> frozenset[str] | None:
        """Identities that may send; None while any sender is taken."""
        wanted = self.switches.identities
        if wanted is None and not self.switches.sandbox:
            return None
        local = await self.aws.verified_identities()
        return frozenset(wanted or ()) | self.account.identities | local

    def with_default_set(self, given: SendRequest) -> SendRequest:
        """With the identity's default configuration set where the request names none."""
        name = given.configuration_set or account_checks.default_configuration_set(
            given.source, self.account.default_sets
        )
        return replace(given, configuration_set=name, is_default_set=not given.configuration_set)

    async def authorize_send(self, given: SendRequest, recipients: Iterable[str]) -> None:
        """The configuration set, the account and the identities allow a send."""
        name, switches = given.configuration_set, self.switches
        found = await self._configuration_set(name)
        verified = await self.verified_identities()
        source = given.source if switches.identities is not None else None
        refuse(
            account_checks.check_configuration_set(
                name, found, switches, is_default=given.is_default_set
            ),
            account_checks.check_account_paused(self.account, switches),
            account_checks.check_identities(source, recipients, verified, switches, self.region),
        )

    def consume_quota(self, given: SendRequest) -> None:
        """Count the recipients against quota and rate. Raises RefusedError when used up."""
        now = self.now()
        refuse(account_checks.check_limits(self.account, given.recipients, self.switches, now))

    def new_envelope(self, given: SendRequest) -> Envelope:
        """A new message id and the time of acceptance."""
        now = self.now()
        return Envelope(
            new_id(now, self.region),
            now,
            self.region,
            given.source,
            given.to,
            given.cc,
            given.reply_to,
        )

    def template_content(self, template: Mapping[str, Any]) -> TemplateContent:
        """A request's stored or inline template. Raises RefusedError."""
        if inline := template.get("TemplateContent"):
            content = TemplateContent.from_json(inline)
            refuse(check_operations(content), check_placeholders(content))
            return content
        name = template_name(template)
        stored = self.account.templates.get(name)
        if stored is None:
            raise RefusedError(template_missing(name) if name else bad_request(None))
        return stored.content

    async def compose(
        self,
        envelope: Envelope,
        template: Mapping[str, Any],
        content: TemplateContent,
        data: Mapping[str, Any],
    ) -> ComposedMessage:
        """A template's message; what is missing in the data becomes a rendering failure."""
        inline = "TemplateContent" in template
        name = "" if inline else template_name(template)
        more = requests.read_extras(template)
        try:
            made = await render_content(
                InlineRenderer() if inline else self.handlebars, content, data
            )
        except RenderingFailedError as failed:
            return ComposedMessage(b"", name, str(failed))
        whole = Content(made.subject or "", made.text, made.html, more.headers, more.attachments)
        return ComposedMessage(compose(envelope, whole), name)

    async def accept(
        self, given: SendRequest, envelope: Envelope, composed: ComposedMessage, caller: Caller
    ) -> str:
        """Keep the message, let its events follow, answer its id."""
        refuse(request_checks.check_size(composed.mime))
        self.consume_quota(given)
        found = await self._configuration_set(given.configuration_set)
        composed = acceptance.add_tracking(composed, envelope.message_id, self._tracking(found))
        message = acceptance.accepted_message(given, envelope, composed, caller, self.aws.account)
        self.messages.add(message)
        self.counts["accepted messages"] += 1
        self.counts["accepted recipients"] += len(given.recipients)
        suppressed = self._suppressed(found, message.destinations)
        self.publisher.publish_events(message, acceptance.event_steps(message, suppressed))
        return message.id

    async def _configuration_set(self, name: str | None) -> ConfigurationSet | None:
        return await self.aws.configuration_set(name) if name else None

    def _tracking(self, found: ConfigurationSet | None) -> Tracking:
        """SES tracks what an event destination of the configuration set asks for."""
        destinations = found.destinations if found else ()
        kinds = {kind for destination in destinations for kind in destination.kinds}
        return Tracking(self.tracking_url, "OPEN" in kinds, "CLICK" in kinds)

    def _suppressed(
        self, found: ConfigurationSet | None, addresses: Iterable[str]
    ) -> dict[str, str]:
        """Reasons by address; a configuration set's own reasons stand before the account's."""
        reasons = found.suppressed_reasons if found else None
        wanted = self.account.suppressed_reasons if reasons is None else reasons
        entries = ((to, self.account.suppression.get(to)) for to in addresses)
        return {to: entry.reason for to, entry in entries if entry and entry.reason in wanted}


def template_name(template: Mapping[str, Any]) -> str:
    """By name, or the last part of the ARN."""
    arn = str(template.get("TemplateArn") or "")
    return str(template.get("TemplateName") or arn.rpartition("/")[2])
