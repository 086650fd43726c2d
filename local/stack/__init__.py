"""The deployed stack on the local AWS: MiniStack, the simulator, deployment."""
