"""The live process, the snapshot that it writes, and the questions that it answers."""
