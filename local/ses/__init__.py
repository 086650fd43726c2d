"""A local Amazon SES: the SESv2 calls, the errors and the events of AWS. It sends no mail."""
