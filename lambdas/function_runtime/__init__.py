"""What both functions share: cold start, settings, clients, batches, tracing, safe logging."""
