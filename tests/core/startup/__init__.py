"""Tests of core.startup."""
