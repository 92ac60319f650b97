"""Measurements: what methods reach (`transfer`), what they cost (`costs`), tables and plots of both (`pages`)."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
