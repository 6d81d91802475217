"""For tests of gaff and of plugins: a scripted model, a fake Messages API server, a shell fixture."""
