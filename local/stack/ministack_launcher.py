"""A script that starts MiniStack behind the checks of this project, in MiniStack's environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2])


def main() -> None:
    """Run MiniStack behind the gateway and the check of each request, with shared code."""
    import ministack.app  # type: ignore[import-not-found]
    import ministack.core.iam_actions  # type: ignore[import-not-found]
    import ministack.core.lambda_runtime  # type: ignore[import-not-found]
    import ministack.services.scheduler  # type: ignore[import-not-found]

    sys.path.insert(0, ROOT)
    from local.stack.http_api_gateway import HTTPAPIGateway
    from local.stack.local_requests import LocalRequestsOnly
    from local.stack.schedule_group import SECONDS_BETWEEN_LOOKS, with_group
    from local.stack.shared_code import zipfile_module
    from local.stack.short_delays import ShortDelays

    sys.path.remove(ROOT)
    ministack.core.lambda_runtime.zipfile = zipfile_module()
    ministack.services.scheduler._SCHEDULE_TICK_INTERVAL = SECONDS_BETWEEN_LOOKS
    actions = ministack.core.iam_actions
    actions.extract_resource_arn = with_group(actions.extract_resource_arn)
    # With AUTH, MiniStack itself checks signatures against the keys of its IAM users.
    gateway = HTTPAPIGateway(ministack.app.app, checks_signatures=os.environ.get("AUTH") != "true")
    ministack.app.app = LocalRequestsOnly(ShortDelays(gateway))
    ministack.app.main()


if __name__ == "__main__":
    main()
