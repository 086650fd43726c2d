"""The route that signs uploads of files to the bucket of the service."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from typing_extensions import TypedDict  # pydantic takes typing.TypedDict only from Python 3.12 on

from send_email.api.requests import HttpRequest
from send_email.api.responses import json_response
from send_email.contents.uploads import UploadRequest

if TYPE_CHECKING:
    from send_email.contents.uploads import Upload, Uploads

__all__ = ["UploadResponse", "UploadRoutes"]


class UploadResponse(TypedDict):
    """A request that uploads the file. It must have these headers and be made before it expires.

    An attachment then names the file by its `upload_id`, in any number of emails, for 24 hours.
    """

    upload_id: str
    method: str
    url: str
    headers: dict[str, str]
    expires_at: str


class UploadRoutes(APIGatewayHttpRouter):
    """POST /uploads."""

    def __init__(self, build_uploads: Callable[[], Uploads]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._build_uploads = build_uploads
        self.post("/uploads", summary="Upload a file to attach", tags=["uploads"])(self.add_upload)

    def add_upload(self) -> Response[str]:
        """Return the request with which the caller uploads one file."""
        document = HttpRequest.from_event(self.current_event).document()
        upload = self._build_uploads().sign(UploadRequest.from_document(document))
        return json_response(HTTPStatus.CREATED, _response(upload))


def _response(upload: Upload) -> UploadResponse:
    return UploadResponse(
        upload_id=upload.upload_id,
        method="PUT",
        url=upload.url,
        headers=upload.headers,
        expires_at=upload.expires_at.isoformat(),
    )
