"""The plan: what the GTFS feed says of stops, trips, days and lines, and what follows from it alone."""
