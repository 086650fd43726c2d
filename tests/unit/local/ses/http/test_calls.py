"""The simulator serves each of its calls where the installed SDK sends it."""

from __future__ import annotations

import re

import pytest

from local.ses.http import account_calls, suppression_calls, template_calls
from local.ses.http.shapes import service_model

CALLS = (*account_calls.CALLS, *suppression_calls.CALLS, *template_calls.CALLS)
ROUTES = {(operation, method, path) for method, path, operation, _ in CALLS}


@pytest.mark.parametrize("operation", sorted({operation for operation, _, _ in ROUTES}))
def test_call_is_served_where_the_sdk_sends_it(operation: str) -> None:
    http = service_model().operation_model(operation).http
    path = without_names(http["requestUri"].removeprefix("/v2/email"))

    served = {(name, method, without_names(path)) for name, method, path in ROUTES}

    assert (operation, http["method"], path) in served


def without_names(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)
