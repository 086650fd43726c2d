"""Accepts a request of the queue, which SQS may deliver again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amsdal_mail.exceptions import InvalidMessageError

if TYPE_CHECKING:
    from send_email.sending.job import SendJob
    from send_email.sending.service import SendService

__all__ = ["accept_record"]


def accept_record(service: SendService, job: SendJob) -> SendJob:
    """Return a new job with the versions that its files in S3 have now.

    Its fingerprint is that of the request as written: a file may change or go between two
    deliveries, and the second one must find the email of the first. When a file is gone, an email
    that the first one stored is sent without the versions: the attempt to send it says so.

    Raises as AttachmentFiles.pin does.
    """
    if not job.has_files:
        return job
    message, same = service.files.as_written(job.message)
    written = job.with_files(message, same)
    try:
        pinned, _ = service.files.pin(job.message)
    except InvalidMessageError:
        unit = service.store.find_unit(job.email_id)
        if unit is None or unit.fingerprint != written.fingerprint:
            raise
        return written
    return job.with_files(pinned, same)
