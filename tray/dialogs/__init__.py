"""Small windows that ask one thing; opened, never executed."""
