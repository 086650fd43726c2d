"""The command line `amsdal-mail`: find, see and mend the emails of a deployed stage.

It needs the extra `cli`. The library never imports it.
"""

from __future__ import annotations
