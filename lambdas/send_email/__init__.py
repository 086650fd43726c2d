"""The function that sends: called by the HTTP API, and by the send queue."""
