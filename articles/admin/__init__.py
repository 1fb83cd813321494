"""How staff write articles, their sources, the questions, and record reviews."""

from . import article, question, reference, review, topic

__all__ = ["article", "question", "reference", "review", "topic"]
