"""Answers for programs: API, feeds and their description."""
