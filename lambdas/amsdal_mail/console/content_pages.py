"""The content of an email: its HTML for the frame, its files and its MIME as downloads."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from amsdal_mail.console import mail_frame, responses
from amsdal_mail.console.email_pages import email_id, message_id

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from amsdal_mail.console.context import Console
    from amsdal_mail.console.values import Content

__all__ = ["html", "part", "raw"]

IMAGES_LIMIT = 10_000_000
"""Bytes of all inline images of a message that its frame shows."""


async def html(console: Console, request: Request) -> Response:
    """Return the HTML of a message, for the sandboxed frame."""
    name, copy = email_id(request), message_id(request)
    content = await console.source.content(name, copy)
    if content.html is None:
        raise HTTPException(404, "The message has no HTML.")
    images = await _inline_images(console, name, copy, content)
    return responses.frame(mail_frame.framed(content.html, images), *content.image_sources)


async def part(console: Console, request: Request) -> Response:
    """Return a file as a download."""
    number = request.path_params["number"]
    file = await console.source.part(email_id(request), message_id(request), number)
    return responses.download(file.content, file.content_type, file.name)


async def raw(console: Console, request: Request) -> Response:
    """Return the MIME as a download."""
    file = await console.source.raw(email_id(request), message_id(request))
    return responses.download(file.content, file.content_type, file.name)


async def _inline_images(
    console: Console, name: str, copy: str | None, content: Content
) -> dict[str, str]:
    """Return the images that the HTML names by `cid:`, as `data:` URLs.

    The frame has no origin, so that it may ask the server of the page for nothing.
    """
    used, images, total = mail_frame.content_ids(content.html or ""), {}, 0
    for file in content.files:
        total += file.size if file.content_id in used else 0
        is_image = file.content_type.lower().startswith("image/")
        if file.content_id in used and is_image and total <= IMAGES_LIMIT:
            found = await console.source.part(name, copy, file.number)
            kind = found.content_type if responses.is_media_type(found.content_type) else ""
            images[str(file.content_id)] = f"data:{kind};base64,{b64encode(found.content).decode()}"
    return images
