"""The command line: a file for each subject, thin shells over functions of the rooms."""
