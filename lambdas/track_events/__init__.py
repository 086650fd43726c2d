"""The function that takes SES's events: what became of each email goes to table and bus."""
