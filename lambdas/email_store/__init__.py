"""The state and the history of each email: one table, written by both functions."""
