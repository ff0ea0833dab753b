"""What riders are told: predictions laid over the plan, notices, headways."""
