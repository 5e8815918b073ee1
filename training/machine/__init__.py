"""What a run runs on: devices, processes, signals, files, workers."""
