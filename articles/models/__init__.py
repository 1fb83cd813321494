"""What readers read: articles made of blocks, their sources, and the questions."""

from .article import Article, Topic
from .blocks import CalloutBlock, EvidenceBlock, FigureBlock, ProseBlock
from .link import CheckedLink
from .question import Question
from .reference import Reference
from .review import Review
from .rules import ForbiddenWord, WritingRules

__all__ = [
    "Article",
    "CalloutBlock",
    "CheckedLink",
    "EvidenceBlock",
    "FigureBlock",
    "ForbiddenWord",
    "ProseBlock",
    "Question",
    "Reference",
    "Review",
    "Topic",
    "WritingRules",
]
