"""Recorded reports: replayed on a virtual clock, or played through a real broker."""
