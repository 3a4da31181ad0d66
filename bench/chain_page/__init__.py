"""How long a browser takes to draw a large transmission chain, and how smoothly it moves."""
