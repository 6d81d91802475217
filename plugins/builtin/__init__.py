"""The plugins that come with gaff: one folder a family, one file a plugin."""
