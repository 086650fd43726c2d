"""The pages of the console: emails, their story and content, from any source of data."""
