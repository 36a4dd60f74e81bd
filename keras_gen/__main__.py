"""`python -m keras_gen` is `keras-gen`."""

from keras_gen.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
