"""The bind: what the user gets, and gets back."""
