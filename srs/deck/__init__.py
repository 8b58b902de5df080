"""Reading, checking and writing deck files."""
