"""The commands, a file each by its own name: read, do, show, exit status."""
