"""What a bundle for Otter-Grader sets before a submission runs: a plugin of Otter's.

Training is as short as in the sandbox, and the kernel is the one that is here, whatever
the student called theirs.
"""

import nbformat.v4 as nbf
from otter.plugins import AbstractOtterPlugin

SETTINGS = {'D2L_PROFILE': 'smoke', 'D2L_DEVICE': 'cpu'}


class Here(AbstractOtterPlugin):
    """The settings of the bundle; Otter asks it with each submission."""

    def before_execution(self, submission):
        """The notebook with a first cell that sets the profile, and a plain kernel."""
        settings = nbf.new_code_cell(f"__import__('os').environ.update({SETTINGS})")
        submission.cells.insert(0, settings)
        kernel = {'name': 'python3', 'display_name': 'Python 3', 'language': 'python'}
        submission.metadata['kernelspec'] = kernel
        return submission
