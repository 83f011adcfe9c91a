"""The program's version, in one place; the packaging reads it here."""

VERSION = "0.1.0"
"""Semantic Versioning; docs/changelog.md says what each one brought."""
