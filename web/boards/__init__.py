"""What pages show of a stop, a route, a trip, a place: the domain's values gathered for one answer."""
