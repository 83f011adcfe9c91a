"""What is left of each account's limits, and how it is learned."""
