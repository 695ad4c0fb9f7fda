"""The one exception for faults in what a user gave."""


class InputError(ValueError):
    """A fault in a file, an option or a configuration that its user can mend.

    The message is one sentence that names the file or option, and the remedy.
    Command-line tools print it as it is and exit with status 2; a traceback
    would only hide it.
    """
