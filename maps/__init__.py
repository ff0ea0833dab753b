"""Pictures of the network."""
