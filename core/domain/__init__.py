"""The words: frozen values and pure transitions. No I/O, no clock, no logging."""
