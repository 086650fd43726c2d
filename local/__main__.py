"""`python -m local`: the local AWS with the deployed stack, until Ctrl-C.

`python -m local ses ...` makes the SES simulator of a running one misbehave.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from local.commands import demo, ses, welcome
from local.paths import STATE_DIR
from local.process import signals
from local.process.child import ProcessError
from local.process.ports import PortInUseError, port_number
from local.stack.local_aws import LocalAws
from local.terminal.progress import say

PORT = 4800
SES_PORT = 4801


def main(arguments: list[str]) -> int:
    """Run until a signal; return 0 after Ctrl-C, 1 with the reason when it could not start."""
    if arguments[:1] == ["demo"]:
        return demo.main()
    if arguments[:1] == ["ses"]:
        return ses.main(arguments[1:])
    options = _options(arguments)
    try:
        with signals.raised():
            _run(options.port, options.ses_port)
    except (PortInUseError, ProcessError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except signals.EndedBySignal as ended:
        return 0 if ended.number == signal.SIGINT else 128 + ended.number
    return 0


def _run(port: int, ses_port: int) -> None:
    say("The local AWS:")
    with LocalAws(STATE_DIR / str(port), port=port, ses_port=ses_port) as aws:
        exports_file = aws.run_dir / "env"
        exports_file.write_text(welcome.exports(welcome.variables(aws)))
        say(welcome.welcome(aws, _short(exports_file)))
        threading.Event().wait()


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    ports = {"--port": ("MiniStack", PORT), "--ses-port": ("the SES simulator", SES_PORT)}
    for name, (whose, default) in ports.items():
        text = f"of {whose} (default %(default)s)"
        parser.add_argument(name, type=port_number, default=default, help=text)
    options = parser.parse_args(arguments)
    if options.port == options.ses_port:
        both = "--port and --ses-port (PORT and SES_PORT of make local)"
        parser.error(f"{both} are both {options.port}")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
