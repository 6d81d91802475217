"""Its import never ends."""

from itertools import count

for _ in count():
    pass
