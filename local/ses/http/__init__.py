"""HTTP: the routes of the SESv2 calls, of tracked links and of the control path."""
