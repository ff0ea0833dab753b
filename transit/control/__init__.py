"""How even the buses of a route run now, and what would keep them even: circuits, corridors, holding advice."""
