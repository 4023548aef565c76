"""Parts of a class for several machines: by what was handed in, not by its name."""

import hashlib
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Shard:
    """Part `number` of `count`, from 1 on."""

    number: int = 1
    count: int = 1

    def __str__(self):
        return f'{self.number}/{self.count}'

    def has(self, submission):
        """Whether a submission is graded in this part."""
        content = hashlib.sha256(submission.sha256().encode()).hexdigest()
        return int(content, 16) % self.count == self.number - 1


def parse(text):
    """The Shard that a text such as 3/8 names; ValueError for another."""
    told = re.fullmatch(r'(\d{1,6})/(\d{1,6})', text.strip())
    number, count = map(int, told.groups()) if told else (0, 0)
    if not 1 <= number <= count:
        raise ValueError(f'{text!r} is no part such as 3/8, from 1/8 to 8/8')
    return Shard(number, count)
