"""The one table of verbs, and the endpoint that reaches them."""
