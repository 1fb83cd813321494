"""What readers read: articles made of blocks, their sources, and the questions."""

from .article import Article, State, Topic
from .blocks import CalloutBlock, EvidenceBlock, FigureBlock, ProseBlock
from .preview import PreviewLink
from .question import Question
from .reference import Reference
from .review import Review

__all__ = [
    "Article",
    "CalloutBlock",
    "EvidenceBlock",
    "FigureBlock",
    "PreviewLink",
    "ProseBlock",
    "Question",
    "Reference",
    "Review",
    "State",
    "Topic",
]
