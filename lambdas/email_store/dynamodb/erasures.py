"""Erasures: the operation of the store that erases a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from email_store.dynamodb.table import TablePart

if TYPE_CHECKING:
    from datetime import datetime

    from email_store.erasure import Erasure, Forget

__all__ = ["Erasures"]


class Erasures(TablePart):
    """One call reads and writes up to some thousand items."""

    @override
    def erase(self, address: str, *, now: datetime, forget: Forget) -> Erasure:
        # The other operations do without these modules.
        from email_store.dynamodb.erase import Eraser
        from email_store.person import Person

        eraser = Eraser(self.table, self.hashes, Person(address), self.retention, now, forget)
        return eraser.run()
