from api.front.answer_cache import AnswerCache, KeptAnswer

SIZE = 1000
ROOM = 8 * (SIZE + 1200 + len("ajsonidentity"))


def _key(name: str) -> tuple[str, str, str, str]:
    return (name, "", "json", "identity")


def _answer(size: int) -> KeptAnswer:
    return KeptAnswer((), b"x" * size, "tag", "/v1/series")


def _cache(published: str = "a") -> AnswerCache:
    cache = AnswerCache(ROOM)
    cache.find(published, _key("first"))
    return cache


def test_an_answer_is_given_again_while_its_snapshot_is_published() -> None:
    cache = _cache()
    cache.keep("a", _key("one"), _answer(10))
    assert cache.find("a", _key("one")) == _answer(10)


def test_nothing_is_given_again_once_another_snapshot_is_published() -> None:
    cache = _cache()
    cache.keep("a", _key("one"), _answer(10))
    assert cache.find("b", _key("one")) is None
    assert cache.find("a", _key("one")) is None
    assert cache.used == 0


def test_an_answer_of_a_replaced_snapshot_is_not_kept() -> None:
    cache = _cache("b")
    cache.keep("a", _key("late"), _answer(10))
    assert cache.find("b", _key("late")) is None


def test_the_least_lately_given_answer_makes_room() -> None:
    cache = _cache()
    for name in "abcdefgh":
        cache.keep("a", _key(name), _answer(SIZE))
    cache.find("a", _key("a"))
    cache.keep("a", _key("n"), _answer(SIZE))
    assert cache.find("a", _key("a")) is not None
    assert cache.find("a", _key("b")) is None
    assert ROOM - SIZE < cache.used <= ROOM


def test_no_answer_takes_more_than_its_share() -> None:
    cache = _cache()
    cache.keep("a", _key("huge"), _answer(ROOM // 8 + 1))
    assert cache.find("a", _key("huge")) is None


def test_an_answer_kept_twice_takes_its_room_once() -> None:
    cache = _cache()
    cache.keep("a", _key("one"), _answer(10))
    once = cache.used
    cache.keep("a", _key("one"), _answer(30))
    assert cache.used == once + 20
