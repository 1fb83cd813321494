"""Scanners that others wrote, on the deployment: `make scan`. See OPERATIONS.md, "Scanning it yourself"."""
