"""The bucket of the service: queued content, uploads, and the files that attachments name."""
