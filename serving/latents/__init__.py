"""What a latent space is used for: paths, directions of attributes, neighbours, and files of codes."""
