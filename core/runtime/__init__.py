"""What every part runs on: clock, tasks, bus, logs, paths."""
