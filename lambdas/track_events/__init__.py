"""The function that stores and publishes SES's events."""
