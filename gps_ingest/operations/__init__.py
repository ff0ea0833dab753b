"""The parent of all processes, and what is wrong with a set-up."""
