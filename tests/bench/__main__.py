"""`make bench`: prints the figures beside their targets and marks a missed target."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from tests.bench import (
    cold_start,
    heavy,
    latency,
    library,
    loopback,
    pacing,
    send_function,
    streams,
    track_function,
)
from tests.bench.loopback import Loopback
from tests.bench.rows import Row, table

PARTS: dict[str, Callable[[Loopback], list[Row]]] = {
    "library": library.rows,
    "cold": cold_start.rows,
    "send": send_function.rows,
    "track": track_function.rows,
    "heavy": heavy.rows,
    "latency": latency.rows,
    "streams": lambda _loopback: streams.rows(),
    "pacing": lambda _loopback: pacing.rows(),
}


def main(names: list[str]) -> None:
    """Run the parts named, or all of them."""
    for name in names:
        if name not in PARTS:
            sys.exit(f"no part {name!r}: there are {', '.join(PARTS)}")
    rows: list[Row] = []
    with loopback.running() as stub:
        os.environ.update(stub.environment)
        for name in names or PARTS:
            print(f"== {name}", file=sys.stderr, flush=True)
            rows += PARTS[name](stub)
    print(table(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
