"""What a run found, to look at: tables, pages, pictures, event files."""
