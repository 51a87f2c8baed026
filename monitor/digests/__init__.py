"""Matches become a digest."""
