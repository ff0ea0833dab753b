"""What goes wrong in the running of the fleet, and who must do what about it."""
