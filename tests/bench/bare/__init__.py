"""The yardsticks: what the same work costs when nobody adds anything to it."""
