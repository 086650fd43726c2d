from __future__ import annotations

from local.terminal.table import table


def test_columns_are_as_wide_as_their_longest_cell() -> None:
    text = table(("email", "state"), [("plain", "delivered"), ("a long name", "bounced")])

    assert text.splitlines() == [
        "email        state",
        "-----------  ---------",
        "plain        delivered",
        "a long name  bounced",
    ]


def test_a_table_without_rows_shows_its_titles() -> None:
    assert table(("email",), []) == "email\n-----"
