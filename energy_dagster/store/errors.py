"""What can keep the store from answering."""


class NoSnapshot(Exception):
    """No snapshot has been published in the folder, or the one the pointer names is gone."""


class UnreadableSnapshot(Exception):
    """The published snapshot is there but is no warehouse this version can read."""
