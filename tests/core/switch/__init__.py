"""Tests of core.switch."""
