"""Networks of any origin as bundles: what each is, what its numbers mean, and the border that is put around it."""
