"""Tokens: reading them, and who may refresh them."""
