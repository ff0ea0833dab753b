"""The OneBusAway REST API (/api/where), so that existing rider apps work unchanged."""
