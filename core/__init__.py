"""The engine: everything that decides, keeps, relays and gives back. Runs headless; never sees Qt."""

__version__ = "0.1.0"
