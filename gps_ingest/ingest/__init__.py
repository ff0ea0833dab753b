"""The ingest process, in its parts: a batch, the trackers' health, late buffers, another network, the figures."""
