"""What can keep the store from answering."""


class NoSnapshot(Exception):  # noqa: N818 - the name says the state a reader acts on: nothing is published yet
    """No snapshot has been published in the folder, or the one the pointer names is gone."""


class UnreadableSnapshot(Exception):  # noqa: N818 - as above: the state a reader acts on
    """The published snapshot is there but is no warehouse this version can read."""
