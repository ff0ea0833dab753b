"""How good the promises were."""
