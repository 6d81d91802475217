"""What users see of gaff, each part a plugin."""
