"""Where transcripts are kept."""
