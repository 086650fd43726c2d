"""Events: payloads, publishing, open and click tracking."""
