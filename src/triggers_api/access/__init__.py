"""Access: who may call, and how often."""
