"""What ``gaff policy`` is made of: cases, the world they are judged in, and recorded sessions judged anew."""
