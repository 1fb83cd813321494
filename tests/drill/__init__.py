"""The drill: a real site under load is backed up, wrecked and brought back; what is missing is counted."""
