"""A local Amazon SES: the SESv2 calls, AWS's refusals, and the events, without sending mail."""
