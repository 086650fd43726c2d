"""Backends that call one AWS service: client, options, errors, and the flow of calls."""
