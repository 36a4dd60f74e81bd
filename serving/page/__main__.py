"""`python -m serving.page`: builds the page of a checkout, as `make page` does."""

import sys

from serving.common.errors import InputError
from serving.page.built import DIST, build

try:
    build(DIST)
except InputError as error:
    sys.exit(f"make page: {error}")
