"""The email store in one DynamoDB table."""
