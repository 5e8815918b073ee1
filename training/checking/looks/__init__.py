"""What is looked at besides the ladder, and said where it is not."""
