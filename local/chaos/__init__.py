"""The chaos run: the deployed stack under load while everything around it misbehaves."""
