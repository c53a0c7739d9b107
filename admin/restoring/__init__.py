"""What `make restore` does: reads the tables as they were, and brings back what is missing."""
