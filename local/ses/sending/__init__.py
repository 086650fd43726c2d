"""Sending: the checks, composing a message, accepting it."""
