"""What stands behind ``models.offline``: the grammar of plain requests, and the plans that answer them."""
