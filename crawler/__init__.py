"""A polite crawler of related news stories.

What programs import from here is resolved at first use, so that `import crawler` costs nothing.
"""

__version__ = "0.1.0"
