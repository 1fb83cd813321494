"""What readers read: articles made of blocks, their sources, and the questions."""

from .article import Article, State, Topic
from .blocks import CalloutBlock, EvidenceBlock, FigureBlock, ProseBlock
from .link import CheckedLink
from .preview import PreviewLink
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
    "PreviewLink",
    "ProseBlock",
    "Question",
    "Reference",
    "Review",
    "State",
    "Topic",
    "WritingRules",
]
