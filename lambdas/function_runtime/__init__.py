"""Shared by both functions: cold start, settings, clients, batches, tracing, safe logging."""
