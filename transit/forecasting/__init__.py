"""From calls at stops to when each vehicle reaches each stop ahead."""
