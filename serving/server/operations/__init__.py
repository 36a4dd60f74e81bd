"""Running the server: its processes, signals, figures and logs."""
