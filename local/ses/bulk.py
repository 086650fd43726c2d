"""SendBulkEmail: one message an entry, one status an entry."""

from __future__ import annotations
