"""What other programs read and write: histories of answers as CSV, the log as CSV and JSON lines."""
