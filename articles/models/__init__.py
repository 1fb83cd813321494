"""What readers read: articles made of blocks, their sources, and the questions."""

from .article import Article, Topic
from .blocks import CalloutBlock, EvidenceBlock, FigureBlock, ProseBlock
from .question import Question
from .reference import Reference
from .review import Review

__all__ = [
    "Article",
    "CalloutBlock",
    "EvidenceBlock",
    "FigureBlock",
    "ProseBlock",
    "Question",
    "Reference",
    "Review",
    "Topic",
]
