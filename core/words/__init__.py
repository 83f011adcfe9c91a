"""What the program says: one catalogue for tray, command line and API."""
