"""The inbox page: the mail SES took, and what the deployed stack knows of it."""
