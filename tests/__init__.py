"""Mirrors monitor/; every test is a sentence about behaviour."""
