"""What srs costs, measured: `python -m tests.benchmarks` prints the table, `--json` the figures."""
