"""Runs a command, and turns each error that a caller can mend into lines and an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from amsdal_mail.cli.errors import CommandError, ExitCode, UsageError
from amsdal_mail.cli.output import AS_JSON, print_error

if TYPE_CHECKING:
    from amsdal_mail.cli.invocation import Invocation

__all__ = ["exit_code_of"]

JSON_OPTION = "--json"


def exit_code_of(
    command: Any, program: str, arguments: Sequence[str], invocation: Invocation
) -> int:
    """Run the command. Return its exit code; an error is printed."""
    token = AS_JSON.set(False)
    try:
        result = command.main(
            list(arguments), prog_name=program, standalone_mode=False, obj=invocation
        )
    except CommandError as error:
        return _fail(error)
    except typer.TyperException as error:
        if not error.format_message():  # no command: the help is shown
            return ExitCode.USAGE
        # An error in the options may come before --json is read.
        AS_JSON.set(AS_JSON.get() or JSON_OPTION in arguments)
        return _fail(_usage_error(error, program))
    except (typer.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except SystemExit as ended:
        # Typer ends so when the reader of a pipe has closed it, as `| head` does.
        if isinstance(ended.__context__, BrokenPipeError):
            return ExitCode.DONE
        raise
    except Exception as error:  # noqa: BLE001 - a bug is raised again
        return _fail(_aws_error(error, invocation))
    finally:
        AS_JSON.reset(token)
    return result if isinstance(result, int) else ExitCode.DONE


def _fail(error: CommandError) -> int:
    print_error(error)
    return error.exit_code


def _usage_error(error: typer.TyperException, program: str) -> CommandError:
    if error.exit_code != ExitCode.USAGE:
        return CommandError(error.format_message())
    context = getattr(error, "ctx", None)
    path = context.command_path if context else program
    return UsageError(error.format_message(), f"See {path} --help")


def _aws_error(error: Exception, invocation: Invocation) -> CommandError:
    """Return the error of AWS's SDK for people. Any other is a bug, and raised again."""
    from botocore.exceptions import BotoCoreError, ClientError

    if not isinstance(error, BotoCoreError | ClientError):
        raise error
    from amsdal_mail.cli.aws_errors import explain

    return explain(error, invocation.profile)
