"""How well the journal's topics are found, on lines nobody trained on."""

from __future__ import annotations

from companion.domain import JsonObject
from companion.wellbeing.journal import TOPICS, Reader
from companion.wellbeing.topics import read_lines


def evaluate_topics(reader: Reader) -> JsonObject:
    """Return precision and recall, all and by topic, on the held-out lines."""
    counts = {topic: [0, 0, 0] for topic in TOPICS}
    lines = [line for line in read_lines() if line.held_out]
    nothing = [line for line in lines if not line.topics]
    false = 0
    for line in lines:
        found = set(reader.read(line.text).topics)
        false += bool(found) and not line.topics
        for topic in found | line.topics:
            both = topic in found and topic in line.topics
            counts[topic][0 if both else 1 if topic in found else 2] += 1
    hit, wrong, missed = (sum(one[i] for one in counts.values()) for i in range(3))
    return {
        "lines": len(lines),
        "precision": round(hit / max(1, hit + wrong), 3),
        "recall": round(hit / max(1, hit + missed), 3),
        "near_misses": len(nothing),
        "near_misses_with_a_topic": false,
        "by_topic": {
            topic: {
                "precision": round(h / (h + w), 3) if h + w else None,
                "recall": round(h / (h + m), 3) if h + m else None,
                "lines": h + m,
            }
            for topic, (h, w, m) in counts.items()
        },
    }
