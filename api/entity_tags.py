"""Entity tags: what an answer is, so that who has it need not be sent it again."""


def holds(condition: str, tag: str) -> bool:
    """Whether an If-None-Match names the tag; weak comparison, as RFC 9110 asks for.

    >>> holds('"a", W/"b"', 'W/"b"'), holds("*", 'W/"b"'), holds("", 'W/"b"')
    (True, True, False)
    """
    if not condition:
        return False
    held = [entry.strip().removeprefix("W/") for entry in condition.split(",")]
    return "*" in held or tag.removeprefix("W/") in held
