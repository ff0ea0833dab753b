"""What the system carries, measured."""
