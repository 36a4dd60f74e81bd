"""Recipes: YAML files of options, the package's own by name."""

from __future__ import annotations

from pathlib import Path

from serving.common.errors import InputError

RECIPES = Path(__file__).parent.parent / "recipes"


def with_name(words: list[str]) -> tuple[list[str], str | None]:
    """The words with the model's name as `--name`, and the stem of the recipe that they name."""
    recipe = None
    for index, word in enumerate(words):
        if word == "--recipe" and index + 1 < len(words):
            recipe = words[index + 1] = str(find_recipe(words[index + 1]))
        elif word.startswith("--recipe="):
            recipe = str(find_recipe(word.partition("=")[2]))
            words[index] = f"--recipe={recipe}"
    stem = Path(recipe).stem if recipe else None
    named = _name_in(recipe) if recipe else None
    if words and not words[0].startswith("-"):
        return [*words[1:], "--name", words[0]], stem
    if "--name" in words[:-1]:
        return words, stem
    if named:
        return [*words, "--name", named], stem
    if recipe:
        raise InputError(f"{recipe} must name a model, as in 'name: vae'. Received: a recipe without a name.")
    raise InputError("keras-gen train must be given a model or a --recipe, as in keras-gen train vae.")


def _name_in(recipe: str) -> str | None:
    import yaml

    try:
        content = yaml.safe_load(Path(recipe).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{recipe} must be YAML. Received: {error}") from error
    if not isinstance(content, dict):
        raise InputError(f"{recipe} must hold options, as in 'name: vae'. Received: {type(content).__name__}.")
    name = content.get("name")
    return name if isinstance(name, str) else None


def find_recipe(name: str) -> Path:
    """A recipe by path, or by the name of one that comes with the package.

    Raises:
        InputError: there is neither.
    """
    path = Path(name)
    if path.is_file():
        return path
    if name in packaged_recipes():
        return RECIPES / f"{name}.yaml"
    raise InputError(f"--recipe must be a YAML file or one of {', '.join(packaged_recipes())}. Received: {name!r}.")


def packaged_recipes() -> list[str]:
    """Names of the recipes that come with the package."""
    return sorted(file.stem for file in RECIPES.glob("*.yaml"))


def recipe_model(name: str) -> str:
    """The model that a recipe of the package trains."""
    return _name_in(str(RECIPES / f"{name}.yaml")) or ""
