"""The tables and plots of measured figures."""
