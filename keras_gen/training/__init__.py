"""What every model's `train_step` is made of, and what `fit` leaves in a run directory."""
