from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from amsdal_mail.status import SendState
from email_store.states import DISPLAY_PRIORITY, EmailState, summary_state

ORDER = (
    "scheduled queued sending unknown failed canceled expired suppressed accepted delayed rejected"
    " soft_bounced delivered opened clicked bounced complained"
).split()


def test_ranks_rise_in_the_order_of_replacement() -> None:
    assert [state.value for state in EmailState] == ORDER
    assert all(lower.rank <= higher.rank for lower, higher in pairwise(EmailState))


def test_only_emails_that_were_not_sent_share_a_rank() -> None:
    shared = Counter(state.rank for state in EmailState)

    assert {state.value for state in EmailState if shared[state.rank] > 1} == {
        "failed",
        "canceled",
        "expired",
    }


def test_ranks_are_those_that_the_table_has() -> None:
    assert EmailState.QUEUED.rank == 0
    assert EmailState.ACCEPTED.rank == 5
    assert EmailState.DELIVERED.rank == 9
    assert EmailState.COMPLAINED.rank == 13


def test_each_send_state_is_an_email_state() -> None:
    assert {state.value for state in SendState} <= {state.value for state in EmailState}


def test_every_state_has_its_place_in_the_order_of_attention() -> None:
    assert sorted(DISPLAY_PRIORITY) == sorted(EmailState)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ("delivered bounced opened", "bounced"),
        ("bounced complained", "complained"),
        ("delivered accepted", "accepted"),
        ("opened delivered", "delivered"),
        ("queued accepted suppressed", "suppressed"),
        ("accepted expired", "expired"),
        ("scheduled queued", "queued"),
        ("delayed delivered", "delayed"),
    ],
)
def test_an_email_is_in_the_state_that_most_needs_attention(states: str, expected: str) -> None:
    assert summary_state(map(EmailState, states.split())) == expected


def test_no_recipients_have_no_summary_state() -> None:
    assert summary_state([]) is None
