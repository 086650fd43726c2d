"""The use case: send one email once. It knows neither HTTP nor SQS."""
