"""The chaos run: many emails through the deployed stack while SES fails and workers are killed."""
