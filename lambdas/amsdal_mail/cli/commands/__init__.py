"""The commands. Each module has one topic, and `register`, which adds it to the command line."""

from __future__ import annotations
