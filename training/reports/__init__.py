"""What a run found, to look at: pages, pictures, event files, the lines of a verdict."""
