"""What AWS Lambda loads: the handler, with everything it works with made before the first call."""

from __future__ import annotations

from contextlib import suppress

from function_runtime.cold_start import cold_start

with cold_start():
    from amsdal_mail.status import ConfigurationError
    from send_email.bootstrap import build_service, build_suppressions
    from send_email.handler import build

    handler = build(build_service, build_suppressions)
    # A setting that is missing or wrong is told by each invocation, in the function's own log.
    with suppress(ConfigurationError):
        build_service()
