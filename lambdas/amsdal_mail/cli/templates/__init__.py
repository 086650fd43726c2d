"""Templates as code: the files of a folder, their checks, and their versions on a stage."""
