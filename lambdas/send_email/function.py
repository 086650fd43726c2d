"""The module that AWS Lambda loads: `send_email.function.handler`.

At a cold start, Lambda imports this module: the imports, then `create_handler`, then pydantic
prepares the class of requests, then the AWS clients of `build_service` are made, all before the
first event. An invocation then runs only `handler`; the first HTTP request of a worker also builds
the API. A missing or invalid setting does not fail the import: each invocation raises it, so that
it appears in the function's own log.
"""

from __future__ import annotations

from contextlib import suppress

from function_runtime.cold_start import cold_start

with cold_start():
    from amsdal_mail.message.email import EmailRequest
    from amsdal_mail.status import ConfigurationError
    from send_email.bootstrap import (
        build_api_service,
        build_metrics,
        build_service,
        build_suppressions,
        build_uploads,
        scope_prefix,
    )
    from send_email.handler import create_handler

    handler = create_handler(
        build_service,
        build_api_service,
        build_suppressions,
        build_uploads,
        build_metrics,
        scope_prefix,
    )
    EmailRequest.model_rebuild()
    with suppress(ConfigurationError):
        build_service()
