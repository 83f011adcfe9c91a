"""The desktop face: PySide6. Shows snapshots, sends wishes, keeps no state."""
