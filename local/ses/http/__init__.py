"""The HTTP side of the simulator: routes, protocol, control path."""
