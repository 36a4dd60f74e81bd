"""What training uses too: errors, files, pictures, classes and noise. Knows no bundle and no runtime."""
