"""Tests of core.quota."""
