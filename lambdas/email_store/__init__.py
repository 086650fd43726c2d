"""What happened to each email: one table, written by both functions and read by people."""
