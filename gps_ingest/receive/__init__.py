"""The receiver: a request of a tracker that speaks HTTP becomes a message, and is answered when that is kept."""
