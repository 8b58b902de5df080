"""The command line: asks, shows, reads the clock."""
