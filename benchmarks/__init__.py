"""What the speed claims rest on: ``python -m benchmarks`` measures them side by side with a baseline."""
