"""What both functions put around their work: SQS records side by side, and tracing."""
