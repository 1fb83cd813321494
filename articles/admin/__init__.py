"""How staff write articles, their sources, the questions, and record reviews."""

from . import article, link, question, reference, review, rules, topic

__all__ = ["article", "link", "question", "reference", "review", "rules", "topic"]
