"""The command line: words in, verbs out, text or JSON back."""
