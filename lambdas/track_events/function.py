"""The module that AWS Lambda loads: `track_events.function.handler`.

At a cold start, Lambda imports this module: the imports, then `create_handler`, then the AWS
clients of `build_tracker` and `build_metrics` are made, all before the first event. An invocation
then runs only `handler`. A missing or invalid setting does not fail the import: each invocation
raises it, so that it appears in the function's own log.
"""

from __future__ import annotations

from contextlib import suppress

from function_runtime.cold_start import cold_start

with cold_start():
    from amsdal_mail.status import ConfigurationError
    from track_events.bootstrap import build_metrics, build_tracker
    from track_events.handler import create_handler

    handler = create_handler(build_tracker, build_metrics)
    with suppress(ConfigurationError):
        build_tracker()
        build_metrics()
