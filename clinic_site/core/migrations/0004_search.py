"""The tables of the search, and in the database's own words what it searches.

To be changed, SearchDocument may be emptied: `reindex_search` fills it again.
"""

from django.db import migrations, models

SQLITE = [
    # Words come folded (core.search.words), so the tokenizer need not fold them again.
    """CREATE VIRTUAL TABLE core_search_index
       USING fts5(title, summary, body, tokenize = 'porter unicode61 remove_diacritics 0')""",
]
SQLITE_BACK = ["DROP TABLE core_search_index"]

POSTGRESQL = [
    # PostgreSQL's own configuration drops "not", "don't" and other words people search for.
    "CREATE TEXT SEARCH DICTIONARY core_search_stem (TEMPLATE = snowball, LANGUAGE = english)",
    "CREATE TEXT SEARCH CONFIGURATION core_search (COPY = simple)",
    "ALTER TEXT SEARCH CONFIGURATION core_search"
    " ALTER MAPPING FOR asciiword, word, numword WITH core_search_stem",
    # `head` is title and summary alone: small enough to rank thousands of matches by.
    "ALTER TABLE core_searchdocument ADD COLUMN head tsvector, ADD COLUMN vector tsvector, ADD COLUMN folded text",
    # Without fastupdate: until a vacuum, each search would read the list of what waits to be indexed.
    "CREATE INDEX core_search_vector ON core_searchdocument USING gin (vector) WITH (fastupdate = off)",
    # Read as it is stored, not uncompressed each time.
    "ALTER TABLE core_searchdocument ALTER COLUMN vector SET STORAGE EXTERNAL",
    # With statistics the planner reads the whole table for a word that most documents have: 12 ms, not 1.
    "ALTER TABLE core_searchdocument ALTER COLUMN vector SET STATISTICS 0",
]
POSTGRESQL_BACK = [
    "ALTER TABLE core_searchdocument DROP COLUMN vector, DROP COLUMN head, DROP COLUMN folded",
    "DROP TEXT SEARCH CONFIGURATION core_search",
    "DROP TEXT SEARCH DICTIONARY core_search_stem",
]


def run(statements):
    """Return a migration step that runs the statements made for this kind of database."""

    def step(apps, schema_editor):
        for statement in statements.get(schema_editor.connection.vendor, []):
            schema_editor.execute(statement)

    return step


class Migration(migrations.Migration):

    dependencies = [
        ("core", "0003_picture_renditions"),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchWord',
            fields=[
                ('word', models.CharField(max_length=40, primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name='MissedSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('term', models.CharField(max_length=60, unique=True, verbose_name='what readers looked for')),
                ('count', models.PositiveIntegerField(default=0, verbose_name='times')),
                ('last_on', models.DateField(verbose_name='last on')),
            ],
            options={
                'verbose_name': 'search without a result',
                'verbose_name_plural': 'searches without a result',
                'indexes': [models.Index(fields=['-count', 'term'], name='core_missed_most_first')],
            },
        ),
        migrations.CreateModel(
            name='SearchDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('key', models.CharField(help_text='The primary key of the row this is a copy of.', max_length=40)),
                ('label', models.CharField(help_text='What readers are told it is, such as Question.', max_length=80)),
                ('path', models.CharField(max_length=300)),
                ('visible_from', models.DateTimeField()),
                ('visible_until', models.DateTimeField(null=True)),
                ('title', models.CharField(max_length=200)),
                ('summary', models.TextField()),
                ('body', models.TextField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'key'), name='core_search_has_each_once')],
            },
        ),
        migrations.RunPython(
            run({"sqlite": SQLITE, "postgresql": POSTGRESQL}),
            run({"sqlite": SQLITE_BACK, "postgresql": POSTGRESQL_BACK}),
        ),
    ]
