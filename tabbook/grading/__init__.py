"""Grade submissions: the student's code in a sandbox, the tests outside of it."""
