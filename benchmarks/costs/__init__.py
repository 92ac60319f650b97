"""What the systems cost: speed, time and memory."""
