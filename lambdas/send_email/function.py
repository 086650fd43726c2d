"""What AWS Lambda loads: the handler, with everything it works with made before the first call."""

from __future__ import annotations

from contextlib import suppress

from function_runtime.cold_start import starting

with starting():
    from amsdal_mail.exceptions import ConfigurationError
    from send_email.bootstrap import service_of_environment, suppressions_of_environment
    from send_email.handler import build

    handle = build(service_of_environment, suppressions_of_environment)
    # A setting that is missing or wrong is told by each invocation, in the function's own log.
    with suppress(ConfigurationError):
        service_of_environment()
