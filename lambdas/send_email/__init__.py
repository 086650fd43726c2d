"""The function that sends email: called by the HTTP API and by the send queue."""
