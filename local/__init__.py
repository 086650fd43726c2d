"""The local AWS: the deployed stack on one's own machine, without an account. Never shipped."""
