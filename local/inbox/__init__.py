"""The inbox page: the mail that SES accepted, and the records of the deployed stack about it."""
