"""Snapshot → what is shown. Pure: values in, values out; no Qt, no clock, no loop."""
