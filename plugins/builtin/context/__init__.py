"""What the system prompt says."""
