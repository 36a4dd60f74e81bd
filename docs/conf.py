"""How Sphinx builds the site: `make docs`, or `sphinx-build docs docs/_build/html`."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))
# Notebooks run in processes of their own, which find the package here too.
os.environ["PYTHONPATH"] = os.pathsep.join([str(DOCS.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from keras_gen import __version__  # noqa: E402 - found by the path above

project = "keras-gen"
author = "The keras-gen authors"
version = release = __version__
html_title = f"{project} {version}"
language = "en"
# Quotes, but no dashes: `--out` keeps both of its own.
smartquotes_action = "qe"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "docs.site",
]
exclude_patterns = ["_build", "site"]
nitpicky = True
# Other projects, which are not linked: the site is built without a network.
OTHERS = r"(tensorflow|tf|keras|numpy|np|onnx|PIL|pathlib|collections|types|typing|argparse|logging)\..*"
# Names of types that say no more than what stands beside them.
WORDS = r"(?:.*\.)?(Options|AskedSize|T)|(tuple|dict)\[.*"
nitpick_ignore_regex = [("py:.*", OTHERS), ("py:.*", WORDS), ("cpp:.*", r"(std|std::.*|T|Pixel)")]
# Folders of pages may still be empty, which Sphinx says under no name that could be suppressed.
logging.getLogger("sphinx.sphinx.directives.other").addFilter(lambda record: "toctree glob" not in record.msg)

# Docstrings are in Google's style, with the types in the signatures.
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
maximum_signature_line_length = 80
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

# Pages also read well where there is no Sphinx, so that few extensions of Markdown are on.
myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist", "html_image"]
myst_heading_anchors = 6

# Pages with a kernel in their head are notebooks. Each runs in a folder of its own, which is empty.
nb_execution_mode = "cache"
nb_execution_cache_path = str(DOCS / "_build" / ".jupyter_cache")
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_merge_streams = True

html_theme = "furo"
COLOURED = ("color-brand-primary", "color-brand-content", "color-api-name", "color-api-pre-name")
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": dict.fromkeys(COLOURED, "#3b5bdb"),
    "dark_css_variables": dict.fromkeys(COLOURED, "#91a7ff"),
}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
# A reader copies what is typed, not what is printed.
copybutton_exclude = ".linenos, .gp, .go"
