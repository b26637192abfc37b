import pytest

from articles.manuscripts.language import likely_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Du kan spise og drikke, som du plejer, og det er ikke farligt, hvis det gør ondt.", "da"),
        ("You can eat and drink as usual, and it is not dangerous if it hurts.", "en"),
        ("Galdesten [1, 2].", ""),
        ("Du må ikke cykle. You can not ride a bike, and it is not for us to say. Det er op til dig.", ""),
        ("", ""),
    ],
)
def test_small_words_tell_the_language(text, language):
    assert likely_language(text) == language
