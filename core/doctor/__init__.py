"""Finds out what is wrong by driving the real path, and says what would mend it."""
