"""The decisions: pure functions from values to a Decision."""
