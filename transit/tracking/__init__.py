"""From one fix to what is known of a vehicle: screening, matching, calls at stops."""
