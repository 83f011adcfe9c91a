"""The engine: decides, keeps, relays and gives back. Runs headless; never sees Qt."""
