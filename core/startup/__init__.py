"""How Turntable is started: by itself, at login, and by what survives an upgrade."""
