"""Encoder folders to train from: where their weights come from, and how they become smaller."""
