"""Encoder folders to train from: loading pretrained encoders and making them smaller."""
