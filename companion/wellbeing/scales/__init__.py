"""Questionnaires with exact wording, asked by voice, with consent each time."""

from companion.wellbeing.scales.scale import Scale, Score, load_scale, scale_names, score
from companion.wellbeing.scales.talk import ScaleTalk, begin
from companion.wellbeing.scales.when import ScaleHistory, may_offer, next_scale, scale_history

__all__ = [
    "Scale",
    "ScaleHistory",
    "ScaleTalk",
    "Score",
    "begin",
    "load_scale",
    "may_offer",
    "next_scale",
    "scale_history",
    "scale_names",
    "score",
]
