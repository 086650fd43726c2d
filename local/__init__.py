"""The local AWS: the deployed stack on one machine, without an AWS account. Never shipped."""
