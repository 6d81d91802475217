"""What the REPL is made of: the screen, the prompt, dialogs, and the drawing of text."""
