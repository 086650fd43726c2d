"""Simulator: the account with its collaborators. It authorizes, composes and accepts messages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from local.ses.account import Account
from local.ses.errors import RefusedError, bad_request, refuse, template_missing
from local.ses.events.link_tracking import Tracking
from local.ses.messages import new_id
from local.ses.mime.compose import Content, Envelope, compose
from local.ses.sending import acceptance, account_checks, identities, request_checks, requests
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

__all__ = ["Simulator"]


@dataclass(slots=True)
class Simulator:
    """An account in a region.

    `tracking_url` is the URL of the simulator, for tracked links and pixels. `counts` holds the
    numbers of accepted, refused and dropped calls.
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
        """Store the switches for a reset."""
        self._at_start = self.switches.model_copy(deep=True)

    async def reset(self) -> None:
        """Return to the start: delete messages, templates, lists; drop events; reset switches."""
        await self.publisher.stop()
        self.messages.clear()
        self.counts.clear()
        self.account = Account()
        self.restore_switches()

    def restore_switches(self) -> None:
        """Return the switches to those of the start."""
        self.switches = self._at_start.model_copy(deep=True)

    async def identities(self) -> dict[str, str]:
        """Return the status of each identity. The switches win over what was created."""
        created = dict.fromkeys(self.account.identities, identities.VERIFIED)
        return {**await self.aws.identities(), **created, **self.switches.identities}

    def with_default_set(self, request: SendRequest) -> SendRequest:
        """Return the request with the default set of the identity, if it names no set."""
        if request.configuration_set:
            return request
        sets = self.account.default_sets
        name = account_checks.default_configuration_set(request.source, sets)
        return replace(request, configuration_set=name, is_default_set=True)

    async def authorize_send(
        self, request: SendRequest, recipients: Iterable[str], caller: Caller
    ) -> None:
        """Check permission, configuration set, account and identities. Raises RefusedError."""
        name, switches = request.configuration_set, self.switches
        configuration_set = await self._configuration_set(name)
        statuses = await self.identities()
        sources, return_paths = self._senders(request)
        # In the sandbox, every recipient must be verified too:
        # https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html
        addresses = (*sources, *return_paths, *(recipients if switches.sandbox else ()))
        place = self.aws.account, self.region
        refuse(
            *(identities.check_permission(source, statuses, caller, *place) for source in sources),
            account_checks.check_configuration_set(
                name, configuration_set, switches, is_default=request.is_default_set
            ),
            account_checks.check_account_paused(self.account, switches),
            identities.check_verified(addresses, statuses, self.region),
        )

    def _senders(self, request: SendRequest) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the sender and the return path, as far as this account has to verify them.

        An identity of another account is taken to be verified there, and lent to this account:
        https://docs.aws.amazon.com/ses/latest/dg/sending-authorization.html
        """
        if self.switches.any_sender:
            return (), ()
        is_lent = identities.is_foreign(request.identity_arn, self.aws.account)
        return_paths = (request.return_path,) if request.return_path else ()
        return () if is_lent else (request.source,), return_paths

    def consume_quota(self, request: SendRequest) -> None:
        """Count the recipients against quota and rate. Raises RefusedError when exceeded."""
        now = self.now()
        refuse(account_checks.check_limits(self.account, request.recipients, self.switches, now))

    def new_envelope(self, request: SendRequest) -> Envelope:
        """Return an envelope with a new message id and the current time."""
        now = self.now()
        return Envelope(
            new_id(now, self.region),
            now,
            self.region,
            request.source,
            request.to,
            request.cc,
            request.reply_to,
        )

    def template_content(self, template: Mapping[str, Any]) -> TemplateContent:
        """Return the stored or inline template of a request. Raises RefusedError."""
        if inline := template.get("TemplateContent"):
            content = TemplateContent.from_json(inline)
            refuse(check_operations(content), check_placeholders(content))
            return content
        name = _template_name(template)
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
        """Compose the message of a template. A missing value becomes a rendering failure."""
        inline = "TemplateContent" in template
        name = "" if inline else _template_name(template)
        extras = requests.read_extras(template)
        try:
            parts = await render_content(
                InlineRenderer() if inline else self.handlebars, content, data
            )
        except RenderingFailedError as error:
            return ComposedMessage(b"", name, str(error))
        rendered = Content(
            parts.subject or "", parts.text, parts.html, extras.headers, extras.attachments
        )
        return ComposedMessage(compose(envelope, rendered), name)

    async def accept(
        self, request: SendRequest, envelope: Envelope, composed: ComposedMessage, caller: Caller
    ) -> str:
        """Accept a message and publish its events. Return its id. Raises RefusedError."""
        refuse(request_checks.check_size(composed.mime))
        self.consume_quota(request)
        configuration_set = await self._configuration_set(request.configuration_set)
        tracking = self._tracking(configuration_set, request)
        composed = acceptance.add_tracking(composed, envelope.message_id, tracking)
        message = acceptance.accepted_message(request, envelope, composed, caller, self.aws.account)
        self.messages.add(message)
        self.counts["accepted messages"] += 1
        self.counts["accepted recipients"] += len(request.recipients)
        suppressed = self._suppressed(configuration_set, message.destinations)
        self.publisher.publish_events(message, acceptance.event_steps(message, suppressed))
        return message.id

    async def _configuration_set(self, name: str | None) -> ConfigurationSet | None:
        return await self.aws.configuration_set(name) if name else None

    def _tracking(
        self, configuration_set: ConfigurationSet | None, request: SendRequest
    ) -> Tracking:
        """Return the tracking of a message: its own, else what the destinations of the set ask for.

        https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ConfigurationOverrides.html
        """
        destinations = configuration_set.destinations if configuration_set else ()
        kinds = {kind for destination in destinations for kind in destination.kinds}
        opens = request.tracking.get("OpenTrackingEnabled")
        clicks = request.tracking.get("ClickTrackingEnabled")
        return Tracking(
            self.tracking_url,
            opens == "ENABLED" if opens else "OPEN" in kinds,
            clicks == "ENABLED" if clicks else "CLICK" in kinds,
        )

    def _suppressed(
        self, configuration_set: ConfigurationSet | None, addresses: Iterable[str]
    ) -> dict[str, str]:
        """Return the reasons by address. Reasons of the set replace those of the account."""
        reasons = configuration_set.suppressed_reasons if configuration_set else None
        if reasons is None:
            reasons = self.account.suppressed_reasons
        entries = ((to, self.account.suppression.get(to)) for to in addresses)
        return {to: entry.reason for to, entry in entries if entry and entry.reason in reasons}


def _template_name(template: Mapping[str, Any]) -> str:
    """Return the name of a template, or the last part of its ARN."""
    arn = str(template.get("TemplateArn") or "")
    return str(template.get("TemplateName") or arn.rpartition("/")[2])
