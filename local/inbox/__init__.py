"""The inbox: the pages of the console over the local AWS, with the simulator's pages beside."""
