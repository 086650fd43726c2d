"""Child processes, the process tree, signals and ports."""
