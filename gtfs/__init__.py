"""The file formats of GTFS and nothing else."""
