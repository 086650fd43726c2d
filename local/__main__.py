"""`python -m local`: run the local AWS with the deployed stack until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from local.chaos.__main__ import main as run_chaos
from local.commands import demo, ses, welcome
from local.paths import EMAILS, STATE_DIR
from local.process import signals
from local.process.child import ProcessError
from local.process.ports import PortInUseError, port_number
from local.stack.environment import export_lines
from local.stack.local_aws import LocalAWS
from local.stack.template_folder import TemplateFolder
from local.terminal import closed_pipe
from local.terminal.progress import show

PORT = 4800
SES_PORT = 4801
COMMANDS = {"chaos": run_chaos, "demo": demo.main, "ses": ses.main}
DESCRIPTION = "Run the local AWS with the deployed stack until Ctrl-C."
OTHER_COMMANDS = """other commands (each has --help):
  python -m local demo    send the samples of events/ through a temporary local AWS
  python -m local ses     let the SES simulator of a running local AWS fail
  python -m local chaos   send many emails while SES fails and workers are killed
"""


def main(arguments: list[str]) -> int:
    """Run a command, or the local AWS until a signal; return the exit status."""
    if arguments and arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]](arguments[1:])
    options = _options(arguments)
    try:
        with signals.as_exceptions():
            _run(options.port, options.ses_port)
    except (PortInUseError, ProcessError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except signals.EndedBySignal as ended:
        return 0 if ended.number == signal.SIGINT else 128 + ended.number
    return 0


def _run(port: int, ses_port: int) -> None:
    show("The local AWS:")
    with LocalAWS(STATE_DIR / str(port), port=port, ses_port=ses_port) as aws:
        exports_file = aws.run_dir / "env"
        exports_file.write_text(export_lines(welcome.shell_variables(aws)))
        folder = TemplateFolder.of(EMAILS, aws)
        folder.poll()
        show(welcome.welcome_text(aws, _short(exports_file)))
        folder.watch()


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description=DESCRIPTION,
        epilog=OTHER_COMMANDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ports = {"--port": ("MiniStack", PORT), "--ses-port": ("the SES simulator", SES_PORT)}
    for name, (process, default) in ports.items():
        text = f"port of {process} (default: %(default)s)"
        parser.add_argument(name, type=port_number, default=default, help=text)
    options = parser.parse_args(arguments)
    if options.port == options.ses_port:
        option_names = "--port and --ses-port (PORT and SES_PORT of make local)"
        parser.error(f"{option_names} must differ, both are {options.port}")
    return options


if __name__ == "__main__":
    with closed_pipe.ends_command():
        sys.exit(main(sys.argv[1:]))
