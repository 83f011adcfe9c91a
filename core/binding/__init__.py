"""The one key in config.toml: set, proved, and given back."""
