"""What belongs to Codex: its files and programs, read by its rules."""
