"""Renderers of a grade: text for people, JSON for programs."""
