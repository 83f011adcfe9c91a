"""Codex's own login changed on purpose: checked before, kept, written, asked after, undone."""
