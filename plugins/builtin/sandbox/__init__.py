"""What commands may touch: sandboxes, which one is used, and what runs in it."""
