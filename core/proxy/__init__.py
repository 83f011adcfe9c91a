"""The gateway between Codex and its back end."""
