"""Faults on purpose in the running system, and what is lost, doubled and out of order by them."""
