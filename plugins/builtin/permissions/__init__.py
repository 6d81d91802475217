"""What may run without a question, and what may not."""
