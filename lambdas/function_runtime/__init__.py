"""What both functions have around their work: start, settings, clients, batches, tracing, logs."""
