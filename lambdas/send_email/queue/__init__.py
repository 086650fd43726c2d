"""The send queue: SQS records in, SQS messages out."""
