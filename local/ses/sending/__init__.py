"""Sending: checks, composing, acceptance of messages."""
