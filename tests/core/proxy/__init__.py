"""Tests of core.proxy."""
