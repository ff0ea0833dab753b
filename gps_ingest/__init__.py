"""Bytes in, facts stored."""
