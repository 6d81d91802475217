"""What ``gaff plugin`` and ``/plugin`` do."""
