from __future__ import annotations

import ast
import graphlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import keras_gen

ROOT = Path(keras_gen.__file__).parent.parent
GROUND = {"serving.common", "serving.bundle"}
MAY_IMPORT = {
    "serving": {"serving"},
    "serving/common": {"serving.common"},
    "serving/bundle": GROUND,
    "serving/runtime": {*GROUND, "serving.runtime"},
    "serving/latents": {*GROUND, "serving.latents"},
    "serving/sampler.py": {*GROUND, "serving.runtime", "serving.latents"},
    "serving/translation": {*GROUND, "serving.runtime", "serving.latents", "serving.translation"},
    "serving/server": {"serving"},
    "serving/page": {*GROUND, "serving.page"},
    "export": {"export", "keras_gen", "serving"},
    "keras_gen/layers": {"keras_gen.layers", "keras_gen.losses", "keras_gen.registry", *GROUND},
    "keras_gen/losses": {"keras_gen.losses", "keras_gen.registry"},
    "keras_gen/networks": {"keras_gen.layers", "keras_gen.networks", "keras_gen.registry", *GROUND},
    "keras_gen/data": {"keras_gen.data", "keras_gen.registry", *GROUND},
    "keras_gen/training": {
        "keras_gen.training",
        "keras_gen.networks",
        "keras_gen.layers",
        "keras_gen.losses",
        "keras_gen.data.labels",
        "keras_gen.registry",
        *GROUND,
    },
    "keras_gen/watch": {"keras_gen.watch", "keras_gen.training.alarms", "keras_gen.training.run_files", *GROUND},
    "keras_gen/inversion": {"keras_gen.inversion", "keras_gen.training", *GROUND},
    "keras_gen/priors": {
        "keras_gen.priors",
        "keras_gen.models",
        "keras_gen.training",
        "keras_gen.layers",
        "keras_gen.losses",
        "keras_gen.registry",
        *GROUND,
    },
    "keras_gen/models": {
        "keras_gen.models",
        "keras_gen.training",
        "keras_gen.networks",
        "keras_gen.layers",
        "keras_gen.losses",
        *GROUND,
    },
}
MUST_NOT_IMPORT = {"export": {"keras_gen.cli"}}


def imports(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            # `from keras_gen import losses` imports the module `keras_gen.losses`.
            yield from (f"keras_gen.{n.name}" for n in node.names) if module == "keras_gen" else [module]


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_imports_point_one_way(room):
    allowed, refused = MAY_IMPORT[room], MUST_NOT_IMPORT.get(room, set())
    place = ROOT / room
    for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        for name in imports(file):
            if name.partition(".")[0] in ("keras_gen", "export", "serving"):
                assert within(name, allowed), f"{file} imports {name}"
                assert not within(name, refused), f"{file} imports {name}"


def within(name, rooms):
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


@pytest.mark.parametrize("package", ["keras_gen", "export"])
def test_nobody_guesses_what_a_model_is(package):
    """`ModelSpec` says it: a model's attributes are not asked for by `hasattr`, nor with a default."""
    for file in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("hasattr", "getattr"):
                asked = ast.unparse(node.args[0]).rpartition(".")[2]
                guesses = ast.unparse(node.func) == "hasattr" or len(node.args) == 3
                assert not (guesses and asked in ("model", "self", "cls", "model_class")), f"{file}:{node.lineno}"


def module_name(file):
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(name, file, known):
    """Modules of the project that a file imports anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            # A package that a module is in has begun to load before it: `import` alone needs nothing of it.
            yield from (n.name for n in node.names if n.name in known and not name.startswith(f"{n.name}."))
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            names = [f"{node.module}.{n.name}" for n in node.names]
            yield from (name if name in known else node.module for name in names)


def test_imports_make_no_circle():
    """Those within functions count, too, which only hide one."""
    packages = [ROOT / package for package in ("keras_gen", "export", "serving")]
    files = {module_name(file): file for package in packages for file in package.rglob("*.py")}
    graph = {name: set(imported_modules(name, file, files)) for name, file in files.items()}
    assert "keras_gen.data.examples" in graph["keras_gen.data.source"]
    graphlib.TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("order", ["import keras, keras_gen", "import keras_gen, keras"])
def test_a_saved_model_loads_without_custom_objects_in_a_fresh_process(small_vae, tmp_path, order):
    small_vae.save(tmp_path / "m.keras")
    program = f"{order}; import sys; print(type(keras.saving.load_model(sys.argv[1])).__name__)"
    result = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "m.keras"], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "VAE"


def test_beside_a_keras_without_tensorflow_nothing_is_registered(tmp_path):
    (tmp_path / "keras.py").write_text("backend = 'another'\n")
    program = (
        "import sys; sys.modules['tensorflow'] = None; finders = len(sys.meta_path)\n"
        "import keras_gen, keras; print(keras.backend, 'keras_gen.models' in sys.modules, len(sys.meta_path) - finders)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == ["another", "False", "0"]


def test_a_command_starts_without_asyncio():
    """Which is a tenth of the start of one that only reads bundles."""
    program = "import sys, keras_gen.cli.main; assert 'asyncio' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    "module", ["layers", "losses", "networks", "training.base", "metrics.similarity", "models.vae"]
)
def test_every_room_can_be_imported_first(module):
    subprocess.run([sys.executable, "-c", f"import keras_gen.{module}"], check=True)


def test_names_that_are_not_there_are_attribute_errors():
    for name in ("Vae", "nothing"):
        with pytest.raises(AttributeError, match=name):
            getattr(keras_gen, name)
    assert keras_gen.VAE.__name__ == "VAE"
    assert keras_gen.data.open_source
