"""MIME: compose, read and rewrite messages."""
