"""The yearly report: how often each protocol was used, without identities.

California SB 243 asks operators to publish such counts.
"""

from __future__ import annotations

from sqlalchemy import Connection

from companion.domain import Danger, JsonObject, Screening
from companion.storage.counts import add_count, counts

LOWEST_TIER = 2
"""Concern and above is a protocol activation."""


def count_activation(connection: Connection, year: int, screening: Screening) -> None:
    """Count one activation; tiers below ``LOWEST_TIER`` are none."""
    if screening.tier >= LOWEST_TIER:
        add_count(connection, year, f"{screening.category.value}.{screening.tier}")


def yearly_report(connection: Connection, year: int) -> JsonObject:
    """Return ``year``, ``activations`` in all, and ``by_category`` with counts by tier."""
    found = counts(connection, year)
    by_category = {
        danger.value: {
            str(tier): found[key]
            for tier in range(LOWEST_TIER, 5)
            if (key := f"{danger.value}.{tier}") in found
        }
        for danger in Danger
    }
    by_category = {category: tiers for category, tiers in by_category.items() if tiers}
    total = sum(sum(tiers.values()) for tiers in by_category.values())
    return {"year": year, "activations": total, "by_category": by_category}


__all__ = ["LOWEST_TIER", "count_activation", "yearly_report"]
