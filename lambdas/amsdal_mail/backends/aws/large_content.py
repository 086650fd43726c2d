"""Sends large files through the SDK without copies of them.

The SDK would hold several copies of a file: as base64, in the document, in the body of the
request. Here it gets a stand-in, and the body is made while the HTTP client writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from amsdal_mail.message.attachment import LARGE_FILE

if TYPE_CHECKING:
    from amsdal_mail.byte_streams import Source
    from amsdal_mail.stand_ins import StandIns

__all__ = ["stream_large_content"]

CONTEXT_NAME = "amsdal_mail_stand_ins"
"""The name of the stand-ins in the context of a request, which the SDK keeps for handlers."""

Params = dict[str, Any]


def stream_large_content(client: Any) -> None:
    """Send large files of this client's calls to SES without copies.

    Async code too makes large calls with the boto3 client, in a thread.
    """
    if hasattr(client.meta, "events"):  # a stand-in of tests may have none
        client.meta.events.register("provide-client-params.sesv2", _take_files_out)
        client.meta.events.register("before-call.sesv2", _put_files_in)


def _take_files_out(params: Params, context: dict[str, Any], **_: Any) -> Params | None:
    place = "DefaultContent" if "DefaultContent" in params else "Content"
    content: Params = params.get(place, {})
    if not any(map(_has_large_files, content.values())):
        return None
    from amsdal_mail.stand_ins import StandIns  # only heavy emails need it

    context[CONTEXT_NAME] = stand_ins = StandIns()
    parts = {kind: _without_files(part, stand_ins) for kind, part in content.items()}
    return {**params, place: parts}


def _put_files_in(params: Params, context: Mapping[str, Any], **_: Any) -> None:
    if CONTEXT_NAME in context:
        from amsdal_mail.byte_streams import ByteStream

        params["body"] = ByteStream(context[CONTEXT_NAME].fill(params["body"]))


def _has_large_files(part: Params) -> bool:
    files = [part.get("Data", b""), *(f["RawContent"] for f in part.get("Attachments", ()))]
    return any(map(_is_large, files))


def _is_large(content: Any) -> bool:
    return not isinstance(content, bytes) or len(content) >= LARGE_FILE


def _without_files(part: Params, stand_ins: StandIns) -> Params:
    from amsdal_mail.byte_streams import Plain

    def stand_in(content: bytes | Source) -> bytes:
        if isinstance(content, bytes) and not _is_large(content):
            return content
        return stand_ins.add(Plain(content) if isinstance(content, bytes) else content)

    if "Data" in part:
        return {"Data": stand_in(part["Data"])}
    files = [
        {**file, "RawContent": stand_in(file["RawContent"])} for file in part.get("Attachments", ())
    ]
    return {**part, "Attachments": files} if files else part
