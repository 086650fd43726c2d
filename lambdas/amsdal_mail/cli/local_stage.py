"""The stage `local`: the stack in a local AWS that `make local` keeps running."""

from __future__ import annotations

import os
import shlex
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from amsdal_mail.cli.stack import STACK_PREFIX, Stage, StageError, with_outputs

__all__ = ["LOCAL", "LOCAL_STACK", "find_local_stage", "running_stages", "state_folders"]

LOCAL = "local"
STATE_FOLDER = ".local"
EXPORTS_FILE = "env"
"""The file that `make local` writes, with a line `export NAME=value` for each variable."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
CONNECT_SECONDS = 1.0
LOCAL_STACK = f"{STACK_PREFIX}dev"
START = "Start it: make local"


def find_local_stage(name: str, folders: Sequence[Path] | None = None) -> Stage:
    """Return the stage of the running local AWS. `folders` are those of `make local`.

    Raises:
        StageError: none runs, or several do and the name has no port.
    """
    port = name.partition(":")[2]
    if name != LOCAL and not (port.isascii() and port.isdigit()):
        raise StageError("--stage local:PORT needs a port, as in local:4800.", is_usage=True)
    running = {each: file for each, file in running_stages(folders) if not port or each == port}
    if not running:
        raise StageError(f"No local AWS runs{f' on port {port}' if port else ''}.", START)
    if len(running) > 1:
        names = " or ".join(f"--stage {LOCAL}:{each}" for each in sorted(running))
        raise StageError("Several local AWS run.", f"Choose one: {names}", is_usage=True)
    ((port, file),) = running.items()
    return _stage(f"{LOCAL}:{port}", read_exports(file.read_text()))


def running_stages(folders: Sequence[Path] | None = None) -> Iterator[tuple[str, Path]]:
    """Yield the port and the exports of each local AWS whose endpoint takes connections."""
    for folder in state_folders() if folders is None else folders:
        for file in sorted(folder.glob(f"*/{EXPORTS_FILE}")):
            if file.parent.name.isdigit() and _answers(read_exports(file.read_text())):
                yield file.parent.name, file


def state_folders() -> list[Path]:
    """Return the folders in which `make local` keeps its state.

    They belong to the repository: the one of this source, else the one around the current folder.
    """
    here = Path.cwd()
    roots = [Path(__file__).resolve().parents[3], here, *here.parents]
    return list(dict.fromkeys(root / STATE_FOLDER for root in roots if _is_repository(root)))


def _is_repository(root: Path) -> bool:
    return (root / STATE_FOLDER).is_dir() and (root / "cdk.json").is_file()


def read_exports(text: str) -> dict[str, str]:
    """Return the variables of a file with lines for a shell. Other lines are left out."""
    variables = {}
    for line in text.splitlines():
        if line.startswith("export ") and "=" in line:
            try:
                words = shlex.split(line.removeprefix("export "))
            except ValueError:
                continue
            for word in words:
                key, _, value = word.partition("=")
                variables[key] = value
    return variables


def _answers(variables: Mapping[str, str]) -> bool:
    """Return whether something takes connections at the endpoint, which must be of this machine."""
    url = urlsplit(variables.get("AWS_ENDPOINT_URL", ""))
    if url.hostname not in LOOPBACK or not url.port:
        return False
    try:
        with socket.create_connection((url.hostname, url.port), timeout=CONNECT_SECONDS):
            return True
    except OSError:
        return False


def _stage(name: str, variables: Mapping[str, str]) -> Stage:
    import boto3
    import botocore.session

    # No setting of the shell or of a profile may lead the session to a real account.
    nothing = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
        "ca_bundle": (None, None, None, None),
    }
    session = boto3.Session(
        botocore_session=botocore.session.Session(session_vars=nothing),
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        region_name=variables["AWS_REGION"],
    )
    stage = Stage(
        name,
        variables["AWS_REGION"],
        LOCAL_STACK,
        {},
        session,
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        is_local=True,
        endpoints={"sesv2": variables["AWS_ENDPOINT_URL_SESV2"]},
    )
    stage = with_outputs(stage)
    # The URL by path: not all systems resolve names below localhost.
    return replace(stage, outputs={**stage.outputs, "ApiUrl": variables["API_URL"]})
