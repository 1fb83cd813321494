"""Each release works on the database of the next: what is destroyed was given up a release before.

OPERATIONS.md, "Migrations in two steps", tells how.
"""

import importlib

import pytest
from django.apps import apps
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

# Everything that is not installed from elsewhere.
OURS = {config.label for config in apps.get_app_configs() if "site-packages" not in config.module.__file__}
# Landed before there was a release that could still be running.
BEFORE_THE_FIRST_RELEASE = {
    *(("core", number) for number in ("0001", "0002", "0003", "0004", "0005", "0006", "0007")),
    *(("locations", number) for number in ("0001", "0002")),
    *(("articles", number) for number in ("0001", "0002", "0003")),
    *(("consults", number) for number in ("0001", "0002", "0003", "0004")),
}
ALWAYS_DESTRUCTIVE = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.DeleteModel,
    migrations.RenameModel,
    migrations.AlterModelTable,
)


def destructive(operation: Operation, *, new_models: set[str]) -> str:
    """Return what the release before cannot live with in `operation`; '' when there is nothing.

    `new_models` are the lower-case names of models that the same migration creates.
    """
    if isinstance(operation, ALWAYS_DESTRUCTIVE):
        return f"{type(operation).__name__} takes away what the release before still reads"
    if getattr(operation, "model_name", "").lower() in new_models:
        return ""
    if isinstance(operation, migrations.AddField):
        field = operation.field
        if not (field.null or field.many_to_many or field.has_db_default() or field.generated):
            return f"AddField {operation.name}: the release before inserts rows without it (null or db_default)"
    if isinstance(operation, migrations.AlterField):
        return f"AlterField {operation.name}: the release before may write what no longer fits"
    if isinstance(operation, migrations.AddConstraint):
        return f"AddConstraint {operation.constraint.name}: the release before may write what it refuses"
    return ""


def ours():
    return {key: migration for key, migration in MigrationLoader(None).disk_migrations.items() if key[0] in OURS}


@pytest.mark.parametrize("key", sorted(ours()), ids="/".join)
def test_a_migration_destroys_only_what_it_says_was_given_up(key):
    app, name = key
    if (app, name[:4]) in BEFORE_THE_FIRST_RELEASE:
        return
    migration = ours()[key]
    new_models = {op.name.lower() for op in migration.operations if isinstance(op, migrations.CreateModel)}
    found = [words for op in migration.operations if (words := destructive(op, new_models=new_models))]
    module = importlib.import_module(migration.__module__)
    why = getattr(module, "SAFE_WITH_THE_RELEASE_BEFORE", "")
    assert not found or why, f"{app} {name}: {found}. See OPERATIONS.md, “Migrations in two steps”"
    assert not why or found, f"{app} {name} says why it is safe, and has nothing that needs it"


@pytest.mark.parametrize(
    ("operation", "is_refused"),
    [
        ("RemoveField", True),
        ("RenameField", True),
        ("DeleteModel", True),
        ("AlterField", True),
        ("AddConstraint", True),
        ("AddField", True),
        ("AddField, null", False),
        ("AddField, db_default", False),
        ("AddField, of a new model", False),
        ("AddIndex", False),
        ("CreateModel", False),
        ("RunPython", False),
    ],
)
def test_what_counts_as_destructive(operation, is_refused):
    from django.db import models

    examples = {
        "RemoveField": migrations.RemoveField("article", "title"),
        "RenameField": migrations.RenameField("article", "title", "name"),
        "DeleteModel": migrations.DeleteModel("Article"),
        "AlterField": migrations.AlterField("article", "title", models.CharField(max_length=3)),
        "AddConstraint": migrations.AddConstraint(
            "article", models.UniqueConstraint(fields=["title"], name="one_title")
        ),
        "AddField": migrations.AddField("article", "mood", models.CharField(max_length=9, default="")),
        "AddField, null": migrations.AddField("article", "mood", models.CharField(max_length=9, null=True)),
        "AddField, db_default": migrations.AddField("article", "mood", models.CharField(max_length=9, db_default="")),
        "AddField, of a new model": migrations.AddField("mood", "name", models.CharField(max_length=9)),
        "AddIndex": migrations.AddIndex("article", models.Index(fields=["title"], name="titles")),
        "CreateModel": migrations.CreateModel("Mood", [("id", models.BigAutoField(primary_key=True))]),
        "RunPython": migrations.RunPython(migrations.RunPython.noop),
    }
    assert bool(destructive(examples[operation], new_models={"mood"})) is is_refused


def test_our_apps_are_watched():
    assert {"core", "locations", "articles", "consults"} <= OURS
