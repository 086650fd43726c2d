"""SendEmail and SendBulkEmail: checked, composed, kept, and followed by events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.ses import checks, gate, requests
from local.ses.checks import first
from local.ses.errors import Refusal, RefusedError, bad_request, template_missing
from local.ses.mailbox import Step, local_part, steps_for
from local.ses.messages import Json, Message, bare_address, new_id
from local.ses.mime import Content, Envelope, compose, with_ses_fields
from local.ses.mime_reading import holds_test_virus, parse, readable
from local.ses.templates import (
    InlineRenderer,
    RenderingFailedError,
    TemplateContent,
    rendered,
    unsupported_operation,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from local.ses.account import Account
    from local.ses.aws import ConfigurationSet, LocalAws
    from local.ses.handlebars import Handlebars
    from local.ses.messages import Messages
    from local.ses.publisher import Publisher
    from local.ses.requests import Sending
    from local.ses.switches import Switches


@dataclass(frozen=True, slots=True)
class Caller:
    """Who called, for the automatic tags."""

    operation: str
    source_ip: str = "127.0.0.1"
    identity: str = "test"


@dataclass(frozen=True, slots=True)
class Composed:
    """A message's MIME, or why a template could not be rendered."""

    mime: bytes
    template: str | None = None
    rendering_failure: str | None = None


@dataclass(slots=True)
class Ses:
    """The sending side of the account."""

    account: Account
    messages: Messages
    aws: LocalAws
    publisher: Publisher
    handlebars: Handlebars
    now: Callable[[], datetime]
    region: str
    switches: Switches

    async def send_email(self, body: Json, caller: Caller) -> str:
        """The MessageId. Raises RefusedError."""
        content = body["Content"]
        if raw := content.get("Raw"):
            return await self._send_raw(body, raw, caller)
        given = requests.sending(body)
        if simple := content.get("Simple"):
            _refuse(None if given.source else bad_request(None))
            _refuse(requests.check_sending(given), requests.check_content(simple, given))
            await self._admit(given)
            envelope = self._envelope(given)
            mime = compose(envelope, requests.simple_content(simple))
            return await self._accept(given, envelope, Composed(mime), caller)
        template = content["Template"]
        _refuse(None if given.source else bad_request("Source cannot be empty"))
        _refuse(requests.check_sending(given), requests.check_content(template, given))
        source = self.template_content(template)
        data = _or_refuse(requests.template_data(template))
        await self._admit(given)
        envelope = self._envelope(given)
        composed = await self._compose(envelope, template, source, data)
        return await self._accept(given, envelope, composed, caller)

    async def send_bulk_email(self, body: Json, caller: Caller) -> list[Json]:
        """One result an entry."""
        raise NotImplementedError

    async def _send_raw(self, body: Json, raw: Json, caller: Caller) -> str:
        mime = checks.decode_blob(raw.get("Data") or "")
        if mime is None:
            raise RefusedError(bad_request("The raw message is not base64."))
        given = requests.raw_sending(body, mime)
        _refuse(requests.check_raw(mime, body.get("FromEmailAddress")), checks.check_size(mime))
        _refuse(requests.check_sending(given))
        await self._admit(given)
        envelope = self._envelope(given)
        composed = Composed(with_ses_fields(mime, envelope))
        return await self._accept(given, envelope, composed, caller)

    def template_content(self, template: Mapping[str, Any]) -> TemplateContent:
        """A request's stored or inline template. Raises RefusedError."""
        if inline := template.get("TemplateContent"):
            content = TemplateContent.from_json(inline)
            _refuse(unsupported_operation(content))
            return content
        name = template_name(template)
        stored = self.account.templates.get(name)
        if stored is None:
            raise RefusedError(template_missing(name))
        return stored.content

    async def _admit(self, given: Sending) -> ConfigurationSet | None:
        """All that the account's state can refuse; passing counts against rate and quota."""
        name, switches = given.configuration_set, self.switches
        found = await self.aws.configuration_set(name) if name else None
        _refuse(
            gate.check_set(name, found, switches),
            gate.check_account_paused(self.account, switches),
            gate.check_identities(
                given.source, given.recipients, await self.verified(), switches, self.region
            ),
        )
        _refuse(gate.check_limits(self.account, given.recipients, switches, self.now()))
        return found

    async def verified(self) -> frozenset[str] | None:
        """Verified identities, None while any sender is taken."""
        wanted = self.switches.identities
        if wanted is None and not self.switches.sandbox:
            return None
        own = (name for name, verified in self.account.identities.items() if verified)
        return frozenset([*(wanted or ()), *own]) | await self.aws.verified_identities()

    def _envelope(self, given: Sending) -> Envelope:
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

    async def _compose(
        self,
        envelope: Envelope,
        template: Mapping[str, Any],
        source: TemplateContent,
        data: Mapping[str, Any],
    ) -> Composed:
        inline = "TemplateContent" in template
        name = "" if inline else template_name(template)
        more = requests.extras(template)
        try:
            made = await rendered(InlineRenderer() if inline else self.handlebars, source, data)
        except RenderingFailedError as failed:
            return Composed(b"", name, str(failed))
        content = Content(made.subject or "", made.text, made.html, more.headers, more.attachments)
        return Composed(compose(envelope, content), name)

    async def _accept(
        self, given: Sending, envelope: Envelope, composed: Composed, caller: Caller
    ) -> str:
        _refuse(checks.check_size(composed.mime))
        message = self._message(given, envelope, composed, caller)
        self.messages.add(message)
        self.publisher.play(message, await self._steps(message))
        return message.id

    def _message(
        self, given: Sending, envelope: Envelope, composed: Composed, caller: Caller
    ) -> Message:
        subject = parse(composed.mime)["Subject"]
        tags: dict[str, list[str]] = {}
        for tag in given.tags:
            tags.setdefault(tag["Name"], []).append(tag["Value"])
        return Message(
            id=envelope.message_id,
            accepted_at=envelope.date,
            account=self.aws.account,
            region=self.region,
            operation=caller.operation,
            source=given.source,
            to=tuple(bare_address(to) for to in given.to),
            cc=tuple(bare_address(to) for to in given.cc),
            bcc=tuple(bare_address(to) for to in given.bcc),
            mime=composed.mime,
            subject=None if subject is None else readable(subject),
            configuration_set=given.configuration_set,
            template=composed.template,
            tags=tags,
            source_ip=caller.source_ip,
            caller=caller.identity,
            rendering_failure=composed.rendering_failure,
            loses_events=given.loses_events,
        )

    async def _steps(self, message: Message) -> list[Step]:
        """Send, then what becomes of each recipient."""
        if message.rendering_failure:
            return [Step("Send"), Step("Rendering Failure", text=message.rendering_failure)]
        if any(local_part(to) == "reject" for to in message.destinations) or holds_test_virus(
            message.mime
        ):
            return [Step("Send"), Step("Reject")]
        reasons = await self._suppressed_reasons(message.configuration_set)
        steps = [Step("Send")]
        for to in message.destinations:
            entry = self.account.suppression.get(to)
            listed = entry.reason if entry and entry.reason in reasons else None
            steps += steps_for(to, listed)
        return steps

    async def _suppressed_reasons(self, name: str | None) -> frozenset[str]:
        """The configuration set's own reasons, else the account's."""
        found = await self.aws.configuration_set(name) if name else None
        if found is not None and found.suppressed_reasons is not None:
            return found.suppressed_reasons
        return self.account.suppressed_reasons


def template_name(template: Mapping[str, Any]) -> str:
    """By name, or the last part of the ARN."""
    return str(template.get("TemplateName") or template.get("TemplateArn", "")).rpartition("/")[2]


def _refuse(*errors: Refusal | None) -> None:
    if error := first(*errors):
        raise RefusedError(error)


def _or_refuse(value: dict[str, Any] | Refusal) -> dict[str, Any]:
    if isinstance(value, Refusal):
        raise RefusedError(value)
    return value
