"""What a latent space is for: paths through it, directions in it, neighbours, and codes as files."""
