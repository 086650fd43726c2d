"""A script that starts MiniStack behind the checks of this project, in MiniStack's environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2])


def main() -> None:
    """Run MiniStack behind the gateway and the check of each request, with shared code."""
    import ministack.app  # type: ignore[import-not-found]
    import ministack.core.lambda_runtime  # type: ignore[import-not-found]

    sys.path.insert(0, ROOT)
    from local.stack.http_api_gateway import HTTPAPIGateway
    from local.stack.local_requests import LocalRequestsOnly
    from local.stack.shared_code import zipfile_module
    from local.stack.short_delays import ShortDelays

    sys.path.remove(ROOT)
    ministack.core.lambda_runtime.zipfile = zipfile_module()
    # With AUTH, MiniStack itself checks signatures against the keys of its IAM users.
    gateway = HTTPAPIGateway(ministack.app.app, checks_signatures=os.environ.get("AUTH") != "true")
    ministack.app.app = LocalRequestsOnly(ShortDelays(gateway))
    ministack.app.main()


if __name__ == "__main__":
    main()
