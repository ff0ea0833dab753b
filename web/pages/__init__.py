"""One module for each kind of page; none imports another."""
