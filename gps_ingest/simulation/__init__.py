"""A fleet that drives and reports as real ones do."""
