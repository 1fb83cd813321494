"""Settings for each way of running the site.

`base` holds what is always true; `development`, `production` and `test` say how they differ.
Every value that varies between machines comes from the environment or from the `.env` file
beside manage.py, and is described in .env.example.
"""
