"""The ways to hand a message over, one module each."""
