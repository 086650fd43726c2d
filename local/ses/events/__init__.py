"""Events: their payloads, their publishing, and open and click tracking."""
