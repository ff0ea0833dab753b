"""Pages, feeds and data over HTTP."""
